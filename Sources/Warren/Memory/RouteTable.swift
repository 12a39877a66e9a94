/// Routes by Swift type and by name, found once and kept until somebody comes or leaves.
struct RouteTable {
    /// Foreign types may be any text: beyond so many their routes are found anew each time round.
    private static let maximumNames = 4096

    /// A few types are found faster by looking through them than by hashing.
    private var types: [(id: ObjectIdentifier, route: Route)] = []
    private var moreTypes: [ObjectIdentifier: Route] = [:]
    private var names: [String: Route] = [:]

    subscript(type: ObjectIdentifier) -> Route? {
        for entry in types where entry.id == type { return entry.route }
        return moreTypes.isEmpty ? nil : moreTypes[type]
    }

    subscript(name: String) -> Route? { names[name] }

    mutating func keep(_ route: Route, for type: ObjectIdentifier) {
        if types.count < 8 { types.append((type, route)) } else { moreTypes[type] = route }
    }

    mutating func keep(_ route: Route, for name: String) {
        if names.count >= Self.maximumNames { names = [:] }
        names[name] = route
    }
}
