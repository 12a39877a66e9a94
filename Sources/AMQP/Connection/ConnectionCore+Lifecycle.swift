import WarrenRuntime

extension ConnectionCore {
    /// The handshake is done.
    ///
    /// Channels may open at once if it is `ready`; otherwise entities are declared again first.
    mutating func connected(_ transport: Transport, _ tuning: Tuning, ready: Bool, into effects: inout Effects) {
        guard phase == .down else { return }
        epoch += 1
        connects += 1
        self.tuning = tuning
        self.transport = transport
        lastFailure = nil
        blockedReason = nil
        wantsRecovery = false
        outbox.clear()
        numbers = []
        phase = .up(ready: ready)
        openAll(into: &effects)
    }

    /// Entities are declared again: everyone may go on.
    mutating func becameReady(epoch: UInt64, into effects: inout Effects) {
        guard epoch == self.epoch, phase == .up(ready: false) else { return }
        phase = .up(ready: true)
        wantsAttention = true
        openAll(into: &effects)
    }

    /// The connection is gone: everything under way gets its answer before anything is tried again.
    mutating func disconnected(_ error: AMQPError, into effects: inout Effects) {
        lastFailure = error
        transport = nil
        blockedReason = nil
        isAsleep = false
        if case .up = phase { phase = .down }
        epoch += 1
        outbox.clear()
        numbers = []
        dirty = []
        acksDue = .distantFuture
        secretUpdatesLost(error, into: &effects)
        for id in channels.ids { channels[id]?.value.disconnected(error, into: &effects) }
        rearm()
    }

    /// No connection will come any more.
    mutating func ended(_ error: AMQPError, into effects: inout Effects) {
        if case .ended = phase { return }
        disconnected(error, into: &effects)
        phase = .ended(error)
        for id in channels.ids { channels[id]?.value.finish(error, into: &effects) }
    }

    /// The application wants to end.
    ///
    /// Closing wins over everything else.
    mutating func requestClose() {
        switch phase {
        case .idle, .down, .up:
            phase = .closing
            wantsAttention = true
        case .closing, .ended: return
        }
    }

    /// Takes the permit and the bytes to write, with the acks gathered so far when it is time or they have company.
    mutating func takeOutgoing(now: MonotonicTime, into effects: inout Effects) -> OutgoingBytes? {
        guard !outbox.isWriting else { return nil }
        if acksDue <= now || !outbox.pending.isEmpty { sendGatheredAcks() }
        guard let taken = outbox.take() else { return nil }
        markPublishes(now: now)
        // The outbox is empty now: there is room.
        admitAll(into: &effects)
        return taken
    }

    /// What happened since the last time and, if that is asked for, how much can happen without the I/O thread.
    mutating func takeLoad(withRoom: Bool) -> Moderation.Load {
        let load = Moderation.Load(
            received: outbox.received,
            published: outbox.published,
            inbound: withRoom ? unanswered + deliveryAllowance : 0,
            outbound: withRoom ? outbox.room : 0
        )
        outbox.received = 0
        outbox.published = 0
        return load
    }

    /// The epoch in which entities shall be declared again, once each time it is wanted.
    ///
    /// A wish that comes too soon after another waits: what is missing may be none of what is declared.
    mutating func takeRecoveryWish(now: MonotonicTime) -> UInt64? {
        guard wantsRecovery, nextRecovery <= now else { return nil }
        wantsRecovery = false
        nextRecovery = now.advanced(by: settings.backoff.maximum)
        return epoch
    }

    /// Whether no publish waits for an answer or for its turn.
    var isDrained: Bool {
        channels.ids.allSatisfy { id in
            channels[id]?.value.isAnswered ?? true
        } && !outbox.hasWork
    }

    mutating func markPublishes(now: MonotonicTime) {
        for id in channels.ids {
            guard let box = channels[id], box.value.window != nil else { continue }
            box.value.window?.mark(at: now)
            if let oldest = box.value.window?.oldest {
                nextTimer = min(nextTimer, oldest.advanced(by: settings.confirmTimeout))
            }
        }
    }

    /// What the thread may do when it has nothing to do.
    enum Rest: Equatable {
        /// Something waits for it.
        case none
        /// Acks wait, or will come, and need not wake it before.
        case brief(until: MonotonicTime)
        case long
    }

    /// How soon the thread looks for acks that are expected, so that the first one need not wake it.
    private static let ackCheck: Duration = .milliseconds(1)

    /// Decides how the thread rests; `hadTraffic` says whether anything moved since it last did.
    mutating func prepareToSleep(hadTraffic: Bool, now: MonotonicTime) -> Rest {
        guard !wantsAttention, !outbox.hasWork else { return .none }
        acksMayWait = !dirty.isEmpty || (hadTraffic && expectsAcks)
        isAsleep = true
        heededTimer = nextTimer
        heededAcks = .distantFuture
        guard acksMayWait else { return .long }
        heededAcks = dirty.isEmpty ? now.advanced(by: Self.ackCheck) : acksDue
        return .brief(until: heededAcks)
    }
}
