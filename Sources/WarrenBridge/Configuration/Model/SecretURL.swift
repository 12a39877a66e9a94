/// A URL whose user, password and query may be secrets: printing shows `***` for them.
package struct SecretURL: Sendable, Hashable {
    /// The whole URL, for use.
    package let value: String

    package init(_ value: String) {
        self.value = value
    }
}

extension SecretURL: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    package var description: String {
        guard let scheme = value.firstRange(of: "://") else { return "***" }
        var rest = value[scheme.upperBound...]
        let query = rest.firstIndex { $0 == "?" || $0 == "#" }
        if let query { rest = rest[..<query] }
        let hidden = rest.lastIndex(of: "@")
        let place = hidden.map { "***@" + rest[rest.index(after: $0)...] } ?? String(rest)
        return value[..<scheme.upperBound] + place + (query == nil ? "" : "?***")
    }

    package var debugDescription: String { description }

    package var customMirror: Mirror { Mirror(self, children: []) }
}
