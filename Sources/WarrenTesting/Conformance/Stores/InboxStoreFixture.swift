public import Warren

/// An inbox to be checked, fresh: nothing was ever handled.
public struct InboxStoreFixture: Sendable {
    /// What handlers write in the transaction of the inbox.
    public struct Rows: Sendable {
        /// Writes a number in a row of its own; none may be there twice.
        public let write: @Sendable (any StoreTransaction, Int) throws -> Void
        /// All that are committed, in any order.
        public let all: @Sendable () async throws -> [Int]

        /// Creates what the checks write with.
        public init(
            write: @escaping @Sendable (any StoreTransaction, Int) throws -> Void,
            all: @escaping @Sendable () async throws -> [Int]
        ) {
            self.write = write
            self.all = all
        }
    }

    /// Opens the inbox: once more, as another process has it, where it is open already.
    public let open: @Sendable () async throws -> any InboxStore

    /// How long it remembers.
    public let retention: Duration

    /// Moves the calendar that the inbox reads on.
    public let advance: @Sendable (Duration) -> Void

    /// What handlers write; `nil` where there is nothing to write.
    public let rows: Rows?

    /// Opens the inbox as it would be found if all processes that have it open were killed now; `nil` where nothing
    /// outlives them.
    public let openAfterCrash: (@Sendable () async throws -> any InboxStore)?

    /// Creates a fixture.
    ///
    /// - Parameters:
    ///   - retention: how long the inbox remembers.
    ///   - advance: moves the calendar that the inbox reads on.
    ///   - rows: what handlers write.
    ///   - openAfterCrash: opens the inbox as it would be found after a crash.
    ///   - open: opens the inbox.
    public init(
        retention: Duration,
        advance: @escaping @Sendable (Duration) -> Void,
        rows: Rows? = nil,
        openAfterCrash: (@Sendable () async throws -> any InboxStore)? = nil,
        open: @escaping @Sendable () async throws -> any InboxStore
    ) {
        self.retention = retention
        self.advance = advance
        self.rows = rows
        self.openAfterCrash = openAfterCrash
        self.open = open
    }

    func requireRows() throws(ConformanceFailure) -> Rows {
        try require("rows in the fixture of a store that writes some", rows)
    }

    func crash() async throws -> any InboxStore {
        try await require("a fixture that knows what a crash leaves behind", openAfterCrash)()
    }
}

extension InboxStore {
    /// Claims an event that is there to be claimed.
    func admit(_ key: InboxKey, onRecord isOnRecord: Bool = false) async throws -> any InboxClaim {
        let admission = try await claim(key, waitingUpTo: .seconds(20))
        guard case .admitted(let claim) = admission else {
            throw ConformanceFailure("a claim on \(key)", seen: "\(admission)")
        }
        if isOnRecord { try await claim.putOnRecord() }
        return claim
    }

    /// Fails unless a claim on the event is answered so.
    func expect(_ expected: String, _ key: InboxKey, waitingUpTo wait: Duration = .zero) async throws {
        let seen =
            switch try await claim(key, waitingUpTo: wait) {
            case .handled: "handled"
            case .busy: "busy"
            case .admitted: "admitted"
            }
        try WarrenTesting.expect("what a claim on \(key) gives", seen, is: expected)
    }
}

extension InboxKey {
    /// An event of the checks.
    init(_ number: Int, for subscription: String = "billing") {
        self.init(source: "shop", eventID: "event-\(number)", subscription: subscription)
    }
}
