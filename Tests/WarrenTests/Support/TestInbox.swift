import WarrenRuntime
import WarrenTesting

@testable import Warren

/// An inbox in memory whose crashes and failures a test decides, and which notes what it is asked for.
final class TestInbox: InboxStore {
    private struct State {
        var crashes: [String: Int] = [:]
        var failure: StorageError?
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

    /// From now on nothing can be claimed.
    func fail(_ failure: StorageError?) {
        state.withLock { $0.failure = failure }
    }

    /// From now on nothing is marked; or it is, and nobody learns it.
    func failCompletions(_ failure: StorageError?, afterwards failsAfterwards: Bool = false) {
        state.withLock { ($0.completionFailure, $0.failsAfterwards) = (failure, failsAfterwards) }
    }

    /// From now on whoever marks an event waits at the gate, and does not know in the end if its task was cancelled there.
    func holdCompletions(at gate: StopSignal) {
        state.withLock { $0.gate = gate }
    }

    func claim(
        _ key: InboxKey,
        isSuspect: Bool,
        waitingUpTo wait: Duration
    ) async throws(StorageError) -> InboxAdmission {
        notes.add("claim \(key.eventID)\(isSuspect ? " alone" : "")")
        if let failure = state.withLock({ $0.failure }) { throw failure }
        let admission = try await memory.claim(key, isSuspect: isSuspect, waitingUpTo: wait)
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

        func complete(writing body: @escaping @Sendable (any StoreTransaction) throws -> Void) async throws {
            let (failure, isAfterwards) = inbox.state.withLock { ($0.completionFailure, $0.failsAfterwards) }
            if let failure {
                // What is written under another claim leaves this one as it was.
                if isAfterwards {
                    await claim.release()
                    if case .admitted(let other) = try await inbox.memory.claim(
                        key,
                        isSuspect: false,
                        waitingUpTo: .zero
                    ) {
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
            inbox.notes.add("complete \(key.eventID)")
        }

        func release() async {
            if !claim.isCompleted { inbox.notes.add("release \(key.eventID)") }
            await claim.release()
        }

        func forget() async throws(StorageError) {
            inbox.notes.add("forget \(key.eventID)")
            inbox.setCrashes(0, of: key.eventID)
            try await claim.forget()
        }
    }
}
