import WarrenRuntime
import WarrenTesting

@testable import Warren

/// An inbox in memory whose crashes and failures a test decides, and which notes what it is asked for.
final class TestInbox: InboxStore {
    private struct State {
        var crashes: [String: Int] = [:]
        /// What is on record as being handled.
        var records: Set<String> = []
        var failure: StorageError?
        var recordFailure: StorageError?
        var completionFailure: StorageError?
        var failsAfterwards = false
        var gate: StopSignal?
    }

    let notes = Seen<String>()
    private let memory: MemoryInboxStore
    private let state = Locked(State())

    init(clock: any RuntimeClock = SystemClock()) {
        memory = MemoryInboxStore(retention: .seconds(3600), clock: clock) { .now }
    }

    /// How often an event has ended a process.
    func setCrashes(_ count: Int, of eventID: String) {
        state.withLock { $0.crashes[eventID] = count }
    }

    /// The inbox as the next process finds it, if this one ended now; what was handled is forgotten.
    func afterCrash(clock: any RuntimeClock) -> TestInbox {
        let (next, left) = (TestInbox(clock: clock), state.withLock { $0 })
        for (eventID, count) in left.crashes { next.setCrashes(count, of: eventID) }
        for eventID in left.records { next.setCrashes(left.crashes[eventID, default: 0] + 1, of: eventID) }
        return next
    }

    /// What is on record as being handled.
    var records: Set<String> { state.withLock { $0.records } }

    /// From now on nothing can be claimed.
    func fail(_ failure: StorageError?) {
        state.withLock { $0.failure = failure }
    }

    /// From now on nothing can be put on record; it is there all the same.
    func failRecords(_ failure: StorageError?) {
        state.withLock { $0.recordFailure = failure }
    }

    /// From now on nothing is marked; or it is, and nobody learns it.
    func failCompletions(_ failure: StorageError?, afterwards failsAfterwards: Bool = false) {
        state.withLock { ($0.completionFailure, $0.failsAfterwards) = (failure, failsAfterwards) }
    }

    /// From now on whoever marks an event waits at the gate, and does not know in the end if its task was cancelled there.
    func holdCompletions(at gate: StopSignal) {
        state.withLock { $0.gate = gate }
    }

    func claim(_ key: InboxKey, waitingUpTo wait: Duration) async throws(StorageError) -> InboxAdmission {
        notes.add("claim \(key.eventID)")
        if let failure = state.withLock({ $0.failure }) { throw failure }
        let admission = try await memory.claim(key, waitingUpTo: wait)
        guard case .admitted(let claim) = admission else { return admission }
        return .admitted(Claim(self, claim, state.withLock { $0.crashes[key.eventID] ?? 0 }))
    }

    func isHandled(_ key: InboxKey) async throws(StorageError) -> Bool {
        if let failure = state.withLock({ $0.failure }) { throw failure }
        return try await memory.isHandled(key)
    }

    func prune() async throws(StorageError) -> Int {
        notes.add("prune")
        if let failure = state.withLock({ $0.failure }) { throw failure }
        return try await memory.prune()
    }

    func close() async { await memory.close() }

    private final class Claim: InboxClaim {
        let crashes: Int
        private let inbox: TestInbox
        private let claim: any InboxClaim

        init(_ inbox: TestInbox, _ claim: any InboxClaim, _ crashes: Int) {
            self.inbox = inbox
            self.claim = claim
            self.crashes = crashes
        }

        var key: InboxKey { claim.key }
        var isCompleted: Bool { claim.isCompleted }

        func putOnRecord() async throws(StorageError) {
            inbox.notes.add("record \(key.eventID)")
            inbox.state.withLock { _ = $0.records.insert(key.eventID) }
            if let failure = inbox.state.withLock({ $0.recordFailure }) { throw failure }
        }

        private func crossOut() {
            inbox.state.withLock { _ = $0.records.remove(key.eventID) }
        }

        func complete(writing body: @escaping @Sendable (any StoreTransaction) throws -> Void) async throws {
            let (failure, isAfterwards) = inbox.state.withLock { ($0.completionFailure, $0.failsAfterwards) }
            if let failure {
                // What is written under another claim leaves this one as it was.
                if isAfterwards {
                    await claim.release()
                    if case .admitted(let other) = try await inbox.memory.claim(key, waitingUpTo: .zero) {
                        try await other.complete(writing: body)
                    }
                }
                throw failure
            }
            if let gate = inbox.state.withLock({ $0.gate }) {
                inbox.notes.add("completing \(key.eventID)")
                await gate.wait()
                guard !Task.isCancelled else { throw StorageError(.unknown, "cancelled meanwhile") }
            }
            try await claim.complete(writing: body)
            crossOut()
            inbox.notes.add("complete \(key.eventID)")
        }

        func release() async {
            if !claim.isCompleted { inbox.notes.add("release \(key.eventID)") }
            crossOut()
            await claim.release()
        }

        func forget() async throws(StorageError) {
            inbox.notes.add("forget \(key.eventID)")
            inbox.setCrashes(0, of: key.eventID)
            crossOut()
            try await claim.forget()
        }
    }
}
