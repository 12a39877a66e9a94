public import Warren

/// A spool to be checked, fresh: nothing was ever in it.
public struct SpoolStoreFixture: Sendable {
    /// Opens the spool, which nobody else may have open.
    public let open: @Sendable (SpoolBounds) async throws -> any SpoolStore

    /// Opens the spool as it would be found if the process that has it open were killed now.
    public let openAfterCrash: @Sendable () async throws -> any SpoolStore

    /// Moves the calendar that the spool reads on.
    public let advance: @Sendable (Duration) -> Void

    /// Creates a fixture.
    ///
    /// - Parameters:
    ///   - advance: moves the calendar that the spool reads on.
    ///   - openAfterCrash: opens the spool as it would be found after a crash.
    ///   - open: opens the spool.
    public init(
        advance: @escaping @Sendable (Duration) -> Void,
        openAfterCrash: @escaping @Sendable () async throws -> any SpoolStore,
        open: @escaping @Sendable (SpoolBounds) async throws -> any SpoolStore
    ) {
        self.advance = advance
        self.openAfterCrash = openAfterCrash
        self.open = open
    }
}

extension SpoolEntry {
    /// An entry of the checks.
    ///
    /// - Parameters:
    ///   - name: the event's id.
    ///   - size: how large it is altogether.
    init(_ name: String, size: Int = 100) {
        self.init(eventID: name, eventType: "T", route: Array("x".utf8), body: [])
        body = Array(repeating: UInt8(ascii: "b"), count: max(0, size - self.size))
    }
}

extension SpoolStore {
    /// All that waits, by the events' ids.
    func line() async throws -> [String] {
        try await entries(after: nil, upTo: .max).map(\.entry.eventID)
    }

    /// All that is parked, by the events' ids.
    func parkedLine() async throws -> [String] {
        try await parked(after: nil, upTo: .max).map(\.spooled.entry.eventID)
    }

    /// The places of events that wait.
    func positions(_ names: String...) async throws -> [SpoolPosition] {
        let entries = try await entries(after: nil, upTo: .max)
        return try names.map { name in
            try require("'\(name)' in the spool", entries.first { $0.entry.eventID == name }).position
        }
    }

    /// Appends entries of 100 bytes, each by itself.
    func append(_ names: String...) async throws {
        for name in names { try await append(SpoolEntry(name)) }
    }

    /// Parks an event that waits.
    func park(_ name: String, reason: String = "too large") async throws {
        for position in try await positions(name) { try await park(position, reason: reason) }
    }

    func expectRefusal(_ entries: SpoolEntry...) async throws {
        let error = try await expectThrow("bound reached", StorageError.self) { try await append(contentsOf: entries) }
        try expect("code", error.code, is: .boundReached)
    }
}
