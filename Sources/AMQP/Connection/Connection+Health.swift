import Synchronization
import WarrenRuntime

/// When bytes last moved on a connection, for the I/O thread to note and anyone to read.
final class ConnectionActivity: Sendable {
    private let received = Atomic(Int64.min)
    private let sent = Atomic(Int64.min)

    func noteReceived(at now: MonotonicTime) { received.store(now.nanoseconds, ordering: .relaxed) }
    func noteSent(at now: MonotonicTime) { sent.store(now.nanoseconds, ordering: .relaxed) }

    var lastReceived: MonotonicTime? { Self.time(received.load(ordering: .relaxed)) }
    var lastSent: MonotonicTime? { Self.time(sent.load(ordering: .relaxed)) }

    private static func time(_ nanoseconds: Int64) -> MonotonicTime? {
        nanoseconds == .min ? nil : MonotonicTime(nanoseconds: nanoseconds)
    }
}

extension Connection {
    /// How the connection is now.
    var health: AMQPHealth.Connection {
        let (status, since) = status.currentAndTime
        let now = clock.now
        func age(_ time: MonotonicTime?) -> Duration? { time.map { $0.duration(until: now) } }
        return core.withLock { core in
            let load = core.outstanding
            return AMQPHealth.Connection(
                state: AMQPHealth.Connection.State(status),
                stateAge: since.duration(until: now),
                lastReceived: age(activity.lastReceived),
                lastSent: age([activity.lastSent, core.loneWriteTime].compactMap(\.self).max()),
                unconfirmed: load.unconfirmed,
                oldestUnconfirmed: age(load.oldestUnconfirmed),
                unsettled: load.unsettled,
                oldestUnsettled: age(load.oldestUnsettled),
                blocked: core.blockedTime(at: now),
                reconnects: max(0, core.connects - 1),
                staleSettlements: core.staleSettlements,
                resent: core.resent,
                lateReplies: load.lateReplies,
                idleConsumers: load.idleConsumers
            )
        }
    }
}

extension ConnectionCore {
    /// What waits for somebody.
    struct Outstanding {
        var unconfirmed = 0
        var oldestUnconfirmed: MonotonicTime?
        var unsettled = 0
        var oldestUnsettled: MonotonicTime?
        var lateReplies = 0
        var idleConsumers = 0
    }

    var outstanding: Outstanding {
        var all = Outstanding()
        func earlier(_ one: MonotonicTime?, _ other: MonotonicTime?) -> MonotonicTime? {
            [one, other].compactMap(\.self).min()
        }
        for id in channels.ids {
            guard let box = channels[id] else { continue }
            let unconfirmed = box.value.window?.unanswered ?? 0
            all.unconfirmed += unconfirmed
            if unconfirmed > 0 { all.oldestUnconfirmed = earlier(all.oldestUnconfirmed, box.value.window?.oldest) }
            all.unsettled += box.value.subscription?.ledger.unsettled ?? 0
            all.oldestUnsettled = earlier(all.oldestUnsettled, box.value.subscription?.oldestUnsettled?.since)
            all.lateReplies += box.value.requests?.lateReplies ?? 0
            if box.value.isIdleConsumer { all.idleConsumers += 1 }
        }
        return all
    }

    /// When a lone caller wrote last.
    var loneWriteTime: MonotonicTime? { lastLoneWrite.nanoseconds == .min ? nil : lastLoneWrite }

    /// For how long publishers have been blocked, up to `now`.
    func blockedTime(at now: MonotonicTime) -> Duration {
        blockedBefore + (blockedSince.map { $0.duration(until: now) } ?? .zero)
    }

    /// Keeps the time; called when the broker's word changes.
    mutating func noteBlocked(was reason: String?) {
        guard (reason == nil) != (blockedReason == nil) else { return }
        let now = clock.now
        if let since = blockedSince { blockedBefore += since.duration(until: now) }
        blockedSince = blockedReason == nil ? nil : now
    }
}

extension AMQPHealth.Connection.State {
    fileprivate init(_ status: ConnectionStatus.State) {
        self =
            switch status {
            case .unused: .unused
            case .connecting: .connecting
            case .open: .open
            case .blocked: .blocked
            case .ended: .closed
            }
    }
}
