internal import WarrenRuntime

/// What has become of a claim; gives it back once, at the latest when nobody has it any more.
package final class ClaimLife: Sendable {
    private enum Phase {
        case held
        case completed
        case givenBack
    }

    private let key: InboxKey
    private let giveBack: @Sendable () -> Void
    private let phase = Locked(Phase.held)

    package init(_ key: InboxKey, giveBack: @escaping @Sendable () -> Void) {
        self.key = key
        self.giveBack = giveBack
    }

    deinit {
        end()
    }

    package var isHeld: Bool { phase.withLock { $0 == .held } }

    package var isCompleted: Bool { phase.withLock { $0 == .completed } }

    /// - Throws: what whoever wants to complete it is told when it is not held.
    package func check() throws(StorageError) {
        switch phase.withLock({ $0 }) {
        case .held: return
        case .completed: throw StorageError(.alreadyHandled, "\(key) was handled before, by this very claim")
        case .givenBack: throw StorageError(.closed, "\(key) was given back: claim it again")
        }
    }

    package func end(completed isCompleted: Bool = false) {
        let wasHeld = phase.withLock { phase in
            guard phase == .held else { return false }
            phase = isCompleted ? .completed : .givenBack
            return true
        }
        if wasHeld { giveBack() }
    }
}
