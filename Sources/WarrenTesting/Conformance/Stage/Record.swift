internal import WarrenRuntime

/// What handlers have seen, in order.
final class Record<Element: Sendable>: Sendable {
    private let elements = Locked<[Element]>([])
    private let stage: Stage

    init(_ stage: Stage) {
        self.stage = stage
    }

    func add(_ element: Element) {
        elements.withLock { $0.append(element) }
    }

    var all: [Element] { elements.withLock { $0 } }
    var count: Int { elements.withLock { $0.count } }

    /// Waits until so many were seen.
    ///
    /// - Returns: all that were seen by then: so many or more.
    @discardableResult
    func reach(_ count: Int, _ what: String) async throws -> [Element] {
        let seen = { "\(self.count): \(self.all.prefix(50))" }
        try await stage.eventually("\(count) \(what)", seen: seen) { self.count >= count }
        return all
    }
}

extension Record where Element: Equatable {
    /// Waits until as many were seen, and fails unless they are these.
    func become(_ expected: [Element], _ what: String) async throws {
        try await reach(expected.count, what)
        try expect(what, all, is: expected)
    }
}

extension Record where Element: Comparable {
    /// Waits until as many were seen, and fails unless they are these in any order.
    func become(inAnyOrder expected: [Element], _ what: String) async throws {
        try await reach(expected.count, what)
        try expect(what, all.sorted(), is: expected.sorted())
    }
}
