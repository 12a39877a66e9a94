import Testing

@testable import Warren

@Suite("The table of routes")
struct RouteTableTests {
    private func route(_ type: String) -> Route {
        let kind = Occurrence.Kind(type: type, version: "1", source: "s")
        return Route(kind, observers: [], observerQueues: [], subscriptions: [], isDirect: true)
    }

    @Test("finds what was kept, of many types")
    func types() {
        var table = RouteTable()
        let types: [Any.Type] = [
            Int.self, Int8.self, Int16.self, Int32.self, Int64.self, UInt.self, UInt8.self, UInt16.self, UInt32.self,
            UInt64.self, String.self, Double.self, Float.self, Bool.self, Character.self, [Int].self, [String].self,
        ]
        let routes = types.map { route("\($0)") }
        for (index, type) in types.enumerated() {
            #expect(table[ObjectIdentifier(type)] == nil)
            table.keep(routes[index], for: ObjectIdentifier(type))
        }
        for (index, type) in types.enumerated() { #expect(table[ObjectIdentifier(type)] === routes[index]) }
        #expect(table[ObjectIdentifier([Bool].self)] == nil)
    }

    @Test("finds what was kept by name, and keeps no more than so many names")
    func names() {
        var table = RouteTable()
        for number in 0..<10_000 {
            let route = route("type-\(number)")
            table.keep(route, for: "type-\(number)")
            #expect(table["type-\(number)"] === route)
        }
        let kept = (0..<10_000).count { table["type-\($0)"] != nil }
        #expect(kept > 0 && kept <= 4096)
        #expect(table["type"] == nil)
    }
}
