import WarrenRuntime

/// Everything of a connection that callers and the I/O thread share, under one lock: its phase, its channels, its
/// outbox.
///
/// It decides; ``Connection`` and ``ConnectionLoop`` act.
struct ConnectionCore: ~Copyable {
    enum Phase: Equatable {
        /// `run()` was not called yet.
        case idle
        /// Connecting, or waiting to.
        case down
        /// Open; `ready` once entities are declared again.
        case up(ready: Bool)
        /// The application closes; nothing new is accepted.
        case closing
        case ended(AMQPError)
    }

    /// Who has a channel number.
    enum NumberUse {
        case free
        case channel(SlotID)
        /// Closing, without an owner.
        case orphan
    }

    let settings: ConnectionSettings
    let clock: any RuntimeClock
    var phase = Phase.idle
    /// Why the application, or the client, closes.
    var closeCause = AMQPError(.closed, "the client was closed")
    /// Why there is no connection.
    var lastFailure: AMQPError?
    /// Counts connections, so that what belongs to an earlier one is recognised.
    var epoch: UInt64 = 0
    var tuning = Tuning(channelMax: 0, frameMax: 0, heartbeat: 0)
    /// For a lone caller's own write; set while the connection is open.
    var transport: Transport?
    var blockedReason: String? {
        didSet { noteBlocked(was: oldValue) }
    }
    var blockedSince: MonotonicTime?
    /// For how long it was blocked before that.
    var blockedBefore = Duration.zero
    /// How often it was connected.
    var connects = 0
    var staleSettlements = 0
    var resent = 0

    var outbox: Outbox
    var encoder = MethodEncoder()
    var channels = SlotMap<ChannelMachine>()
    var numbers: [NumberUse] = []
    /// New secrets that the broker has not answered.
    var secretUpdates: [OneShot<Result<Void, AMQPError>>] = []
    /// Counts batches from the broker.
    var batch: UInt64 = 0
    /// The channels that the last one was about: of a thousand, most are idle at a time.
    var touched: [SlotID] = []
    /// Whether it is worth looking for a consumer that has more than it asked for.
    var mayBeOverfull = false
    /// The channel of the last publish that was let in from a queue.
    var lastAdmitted: SlotID?
    /// Channels with acks to send.
    var dirty: [SlotID] = []
    /// When they are sent, if nothing else takes them along before.
    var acksDue = MonotonicTime.distantFuture

    /// Whether the I/O thread sleeps in `poll` and must be woken.
    var isAsleep = false
    /// Whether the thread wakes by itself at `heededAcks`, so that acks which may wait as long need not wake it.
    var acksMayWait = false
    var heededAcks = MonotonicTime.distantFuture
    /// A queue may have gone under its consumer: entities shall be declared again.
    var wantsRecovery = false
    /// When that may be done.
    var nextRecovery = MonotonicTime.distantPast
    /// Whether a channel may have cost the connection before.
    var hasSuspects = false
    /// Something other than bytes wants the thread's attention.
    var wantsAttention = false
    /// When the I/O thread must look at the channels again.
    var nextTimer = MonotonicTime.distantFuture
    /// What `nextTimer` was when the thread went to sleep.
    var heededTimer = MonotonicTime.distantFuture
    /// When a lone caller wrote last; one after the other too soon, and the thread takes over.
    var lastLoneWrite = MonotonicTime.distantPast

    init(settings: ConnectionSettings, clock: any RuntimeClock) {
        self.settings = settings
        self.clock = clock
        outbox = Outbox(limit: settings.outboxLimit)
    }

    var frameMax: Int { tuning.frameMax == 0 ? settings.frameMax : Int(tuning.frameMax) }

    /// Why nothing new is accepted.
    var refusal: AMQPError? {
        switch phase {
        case .idle, .down, .up: nil
        case .closing: closeCause
        case .ended(let error): error
        }
    }

    /// Whether the caller must wake the thread; says so once per sleep.
    mutating func takeWake() -> Bool {
        guard isAsleep, wantsAttention || outbox.hasWork else { return false }
        isAsleep = false
        return true
    }

    // MARK: - Channels

    mutating func add(_ machine: consuming ChannelMachine, into effects: inout Effects) -> SlotID {
        let id = channels.insert(machine)
        if let refusal {
            channels[id]?.value.finish(refusal, into: &effects)
        } else {
            openIfPossible(id, into: &effects)
        }
        return id
    }

    /// Opens a channel that waits for one, if the connection lets it.
    mutating func openIfPossible(_ id: SlotID, into effects: inout Effects) {
        guard let box = channels[id], case .up(let ready) = phase, ready || box.value.opensEarly else { return }
        switch box.value.state {
        case .detached, .paused: break
        case .opening, .open, .closing, .ended: return
        }
        guard !box.value.isSuspect || mayOpenSuspect else { return }
        guard let number = freeNumber() else {
            let error = AMQPError(.notSupported, "all \(tuning.channelMax) channels of the connection are in use")
            // One that had a place gets another as soon as there is one.
            guard box.value.recovers, box.value.wasOpen else { return box.value.finish(error, into: &effects) }
            box.value.lost(error, now: clock.now, into: &effects)
            return heed(box)
        }
        numbers[Int(number)] = .channel(id)
        let methods = box.value.open(on: number, until: clock.now.advanced(by: settings.operationTimeout))
        heed(box)
        for method in methods {
            do throws(AMQPError) {
                try send(method, on: number)
            } catch {
                // A set-up that cannot be encoded never can be: the channel ends, and the number goes back.
                box.value.finish(error, into: &effects)
                release(number, saying: .goodbye)
                return
            }
        }
    }

    /// The thread looks at the channel when it wants that.
    mutating func heed(_ box: SlotMap<ChannelMachine>.Box) {
        nextTimer = min(nextTimer, box.value.retryTime ?? box.value.openingDeadline ?? .distantFuture)
    }

    private mutating func freeNumber() -> UInt16? {
        let limit = tuning.channelMax == 0 ? UInt16.max : tuning.channelMax
        if numbers.isEmpty { numbers.append(.orphan) }
        for index in 1..<max(1, numbers.count) {
            if case .free = numbers[index] { return UInt16(index) }
        }
        guard numbers.count <= Int(limit) else { return nil }
        numbers.append(.free)
        return UInt16(numbers.count - 1)
    }

    /// Closes a channel number whose owner has gone; it is free again when the broker says so.
    mutating func release(_ number: UInt16, saying reply: AMQPReply) {
        numbers[Int(number)] = .orphan
        // A close always fits a frame.
        try? send(.channelClose(CloseReason(reply: reply, classID: 0, methodID: 0)), on: number)
    }

    // MARK: - Sending

    mutating func send(_ method: ClientMethod, on number: UInt16) throws(AMQPError) {
        try encoder.append(method, channel: number, frameMax: frameMax, to: &outbox.pending.bytes)
    }

    /// A call on an open channel.
    mutating func call(_ method: ClientMethod, on id: SlotID, _ shot: OneShot<CallQueue.Answer>) throws(AMQPError) {
        guard let box = channels[id] else { throw refusal ?? .channelGone }
        if let end = box.value.end { throw end }
        guard let number = box.value.openNumber else { throw .channelGone }
        try send(method, on: number)
        box.value.calls.sent(method, shot)
        box.value.fetches.sent(method)
    }

    // MARK: - Time

    /// The earliest moment at which a channel wants the thread.
    mutating func rearm() {
        var next = MonotonicTime.distantFuture
        let mayOpenSuspect = mayOpenSuspect
        for id in channels.ids {
            guard let box = channels[id] else { continue }
            // A suspect whose turn is not now gets it when another channel is done.
            if case .up(ready: true) = phase, let time = box.value.retryTime, mayOpenSuspect || !box.value.isSuspect {
                next = min(next, time)
            }
            if let time = box.value.openingDeadline { next = min(next, time) }
            if let check = box.value.subscription?.watch.nextCheck { next = min(next, check) }
            if let oldest = box.value.window?.oldest {
                next = min(next, oldest.advanced(by: settings.confirmTimeout))
            }
        }
        nextTimer = next
    }

    /// Does what is due.
    mutating func expire(now: MonotonicTime, into effects: inout Effects) {
        guard now >= nextTimer else { return }
        for id in channels.ids {
            guard let box = channels[id] else { continue }
            if let time = box.value.openingDeadline, time <= now { giveUpOpening(id, box, now: now, into: &effects) }
            if let time = box.value.retryTime, time <= now { openIfPossible(id, into: &effects) }
            let purpose = box.value.purpose
            box.value.subscription?.reportOverdue(purpose, at: now, into: &effects)
            let late = AMQPError(.unknown, "no confirm came within \(settings.confirmTimeout)\(blockedSuffix)")
            let told = effects.outcomes.count
            box.value.window?.expire(
                now: now,
                timeout: settings.confirmTimeout,
                late,
                into: &effects.outcomes
            )
            guard effects.outcomes.count > told else { continue }
            box.value.failWaiters(late, into: &effects)
            admit(id, into: &effects)
        }
        rearm()
    }

    /// The broker has not answered a channel's set-up: others shall not wait for it, and it is tried again.
    private mutating func giveUpOpening(
        _ id: SlotID,
        _ box: SlotMap<ChannelMachine>.Box,
        now: MonotonicTime,
        into effects: inout Effects
    ) {
        guard let number = box.value.number else { return }
        guard blockedReason == nil else {
            return box.value.extendOpening(until: now.advanced(by: settings.operationTimeout))
        }
        release(number, saying: .goodbye)
        let what = box.value.calls.first?.name ?? "channel.open"
        let error = AMQPError(
            .timedOut,
            "the broker did not answer \(what) of the \(box.value.purpose) within \(settings.operationTimeout)"
        )
        lost(id, box, error, now: now, into: &effects)
    }

    /// What a deadline may have passed for.
    var blockedSuffix: String { blockedReason.map { "; the broker blocks publishers: \($0)" } ?? "" }
}

extension AMQPError {
    static var channelGone: AMQPError { AMQPError(.channelClosed, "the channel is not open") }
}
