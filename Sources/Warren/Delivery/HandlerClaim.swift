internal import WarrenRuntime

/// The claim on an event as its handler commits with it: taken before the handler was called, or when it first commits.
@usableFromInline
final class HandlerClaim: Sendable {
    private struct State {
        var claim: (any InboxClaim)?
        var wasHandledBefore = false
        var isInDoubt = false
        var storeFailure: StorageError?
    }

    /// How long whoever commits waits for somebody else who is at work on the event.
    private static let patience = Duration.seconds(5)

    private let inbox: any InboxStore
    private let occurrence: Occurrence
    private let subscription: String
    private let state: Locked<State>

    /// Unless a `claim` is given, the event is claimed when the handler first commits.
    init(_ inbox: any InboxStore, _ occurrence: Occurrence, _ subscription: String, _ claim: (any InboxClaim)? = nil) {
        self.inbox = inbox
        self.occurrence = occurrence
        self.subscription = subscription
        state = Locked(State(claim: claim))
    }

    private var claim: (any InboxClaim)? { state.withLock { $0.claim } }

    // MARK: - For the handler

    func commit<Transaction: StoreTransaction, Value: Sendable>(
        _ body: @escaping @Sendable (Transaction) throws -> Value
    ) async throws -> Value {
        state.withLock { $0.storeFailure = nil }
        do {
            return try await held().commit(body)
        } catch let error as StorageError {
            state.withLock { state in
                if error.code.isOfStore { state.storeFailure = error }
                if error.code == .unknown { state.isInDoubt = true }
                if error.code == .alreadyHandled, state.claim?.isCompleted != true { state.wasHandledBefore = true }
            }
            throw error
        }
    }

    private func held() async throws -> any InboxClaim {
        if let claim { return claim }
        guard let key = InboxKey(occurrence, for: subscription) else {
            let event = "an event '\(occurrence.eventType)' for '\(subscription)'"
            let hasID = EventIdentity(occurrence.eventID) != .none
            let id = hasID ? "an id that is no UUID, and no source whose id it would be" : "no id"
            throw EventBusError(.cannotCommit, "\(event) has \(id), so nobody can note that it was handled")
        }
        switch try await inbox.claim(key, waitingUpTo: Self.patience) {
        case .admitted(let claim):
            state.withLock { $0.claim = claim }
            return claim
        case .handled:
            throw StorageError(.alreadyHandled, "\(key) was handled before")
        case .busy:
            throw StorageError(.busy, "somebody else is at work on \(key)")
        }
    }

    // MARK: - After the handler

    /// Whether the handler has committed.
    var isCommitted: Bool { claim?.isCompleted ?? false }

    /// Whether somebody else had handled the event when the handler wanted to commit.
    var wasHandledBefore: Bool { state.withLock { $0.wasHandledBefore } }

    /// Whether a commit may have been carried out, and nobody was told.
    var isInDoubt: Bool { state.withLock { $0.isInDoubt } }

    /// What the store failed with when the handler last wanted to commit; nothing that is the handler's own fault.
    var storeFailure: StorageError? { state.withLock { $0.storeFailure } }

    /// The handler has returned without having committed; an event that was not claimed needs no mark.
    ///
    /// Also does its work in a task that is cancelled before or meanwhile.
    func complete() async throws(StorageError) {
        guard let claim, !claim.isCompleted else { return }
        // The handler has done its work: whether that is on record must not be left in doubt.
        let completion = Task { () -> Result<Void, StorageError> in
            do throws(StorageError) {
                return .success(try await claim.complete())
            } catch {
                return .failure(error)
            }
        }
        try await completion.value.get()
    }

    /// Also does its work in a cancelled task.
    func release() async {
        await claim?.release()
    }
}

extension StorageError.Code {
    /// Whether it is the store that failed, and neither the handler nor its wait for the store.
    ///
    /// A disk that is full is the store's fault also where others' rows still had room: with more room the same handler
    /// succeeds, and the event has nothing to answer for. It comes again once a second, and each time it is told why.
    fileprivate var isOfStore: Bool {
        // Not all but a few: of a code that is not known here nobody can say that it passes.
        switch self {
        case .busy, .full, .boundReached, .failed, .closed: true
        case .cannotOpen, .inUse, .readOnly, .damaged, .newerVersion: true
        default: false
        }
    }
}

/// How far an id tells an event from others.
private enum EventIdentity {
    /// There is none.
    case none
    /// No two events of a source have the same.
    case withinSource
    /// No two events have the same: a UUID.
    case everywhere

    init(_ id: String) {
        let groups = id.utf8.split(separator: UInt8(ascii: "-"), omittingEmptySubsequences: false)
        let digits = groups.joined()
        if id.isEmpty {
            self = .none
        } else if groups.map(\.count) != [8, 4, 4, 4, 12] || !digits.allSatisfy(\.isHexDigit) {
            self = .withinSource
        } else {
            // The first and the last UUID stand for none: programs send them where they have not set any.
            let isFirst = digits.allSatisfy { $0 == UInt8(ascii: "0") }
            let isLast = digits.allSatisfy { $0 | 0x20 == UInt8(ascii: "f") }
            self = isFirst || isLast ? .none : .everywhere
        }
    }
}

extension UInt8 {
    fileprivate var isHexDigit: Bool {
        switch self {
        case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "a")...UInt8(ascii: "f"): true
        case UInt8(ascii: "A")...UInt8(ascii: "F"): true
        default: false
        }
    }
}

extension InboxKey {
    /// An event on its way to a subscription; `nil` for one that cannot be told from others: those without a source have
    /// one space of ids for all of them, where only UUIDs do not meet.
    init?(_ occurrence: Occurrence, for subscription: String) {
        let (source, eventID) = (occurrence.source ?? "", occurrence.eventID)
        switch EventIdentity(eventID) {
        case .none: return nil
        case .withinSource where source.isEmpty: return nil
        case .withinSource, .everywhere: self.init(source: source, eventID: eventID, subscription: subscription)
        }
    }
}
