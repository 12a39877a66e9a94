import WarrenRuntime

/// One channel, from the day it is asked for until it is closed for good; across connections, if it recovers.
///
/// A value that decides and never acts: what to send comes back as methods, whom to resume goes into ``Effects``.
struct ChannelMachine: ~Copyable {
    enum State: Equatable {
        /// Waits for a connection.
        case detached
        /// Opening and set-up were sent.
        case opening(UInt16)
        case open(UInt16)
        /// Waits, after a failure, to be opened again.
        case paused(until: MonotonicTime)
        /// We sent channel.close and wait for the answer; everything else that comes is old.
        case closing(UInt16)
        case ended(AMQPError)
    }

    /// What the channel is for, in words: "publisher", "consumer of 'billing'".
    let purpose: String
    /// Whether it is opened again after it was lost.
    let recovers: Bool
    /// Sent right behind channel.open, without waiting in between.
    let setup: [ClientMethod]
    /// Needed to re-declare entities, so opened before the connection is ready for all.
    let opensEarly: Bool
    let backoff: Backoff

    private(set) var state = State.detached
    private var steps = 0
    private var stepsLeft = 0
    /// When an opening that nobody else has a deadline for takes too long.
    private var deadline = MonotonicTime.distantFuture
    private var failures = 0
    private var openedAt = MonotonicTime.distantFuture
    private(set) var wasOpen = false
    /// How many connections in a row were closed over what may have been this channel's set-up.
    private var blames = 0
    /// How many of them are too many, where the broker says that it has failed itself.
    private static let patience = 5
    /// How often the time until it is tried again doubles.
    private static let longestRest = 4
    /// Until when it is left alone after that, over connections, for the sake of the others.
    private var restsUntil: MonotonicTime?
    private var opened: OneShot<Result<Void, AMQPError>>?
    private var closed: OneShot<Result<Void, AMQPError>>?

    /// The last batch from the broker that had something for it.
    var lastBatch: UInt64 = 0
    var calls = CallQueue()
    var fetches = FetchLedger()
    var window: ConfirmWindow?
    var queue = PublishQueue()
    private var answeredWaiters: [(sequence: UInt64, shot: OneShot<Result<Void, AMQPError>>)] = []
    var subscription: Subscription?
    var requests: RequestTable?
    /// What the broker gave back on a channel without confirms.
    private var returns: [AMQPReturn] = []
    /// The newest that are kept.
    private static let returnLimit = 1000

    init(
        purpose: String,
        recovers: Bool,
        setup: [ClientMethod] = [],
        opensEarly: Bool = false,
        window: Int? = nil,
        subscription: consuming Subscription? = nil,
        requests: consuming RequestTable? = nil,
        backoff: Backoff,
        opened: OneShot<Result<Void, AMQPError>>? = nil
    ) {
        self.purpose = purpose
        self.recovers = recovers
        self.setup = setup
        self.opensEarly = opensEarly
        self.window = window.map { ConfirmWindow(capacity: $0) }
        self.subscription = subscription
        self.requests = requests
        self.backoff = backoff
        self.opened = opened
    }

    /// The channel's number, while frames for it may come.
    var number: UInt16? {
        switch state {
        case .opening(let number), .open(let number), .closing(let number): number
        case .detached, .paused, .ended: nil
        }
    }

    var openNumber: UInt16? {
        if case .open(let number) = state { number } else { nil }
    }

    /// Whether another publish may be unanswered; a channel without confirms counts none.
    var windowHasRoom: Bool {
        switch window {
        case .some(let window): window.room > 0
        case .none: true
        }
    }

    /// Whether no publish waits for its answer or its turn.
    var isAnswered: Bool {
        guard queue.isEmpty else { return false }
        switch window {
        case .some(let window): return window.unanswered == 0
        case .none: return true
        }
    }

    /// Lets `shot` wait until everything published so far has its answer, also what still waits for its turn.
    mutating func awaitAnswers(_ shot: OneShot<Result<Void, AMQPError>>) {
        let sequence = (window?.nextSequence ?? 1) - 1 + UInt64(queue.count)
        answeredWaiters.append((sequence, shot))
    }

    /// Resumes whose answers are all there.
    mutating func wakeIfAnswered(into effects: inout Effects) {
        guard !answeredWaiters.isEmpty else { return }
        let oldest = isAnswered ? .max : window?.oldestSequence ?? 0
        let count = answeredWaiters.firstIndex { $0.sequence >= oldest } ?? answeredWaiters.count
        guard count > 0 else { return }
        tell(answeredWaiters.prefix(count).map(\.shot), into: &effects)
        answeredWaiters.removeFirst(count)
    }

    /// Answers who waited for answers: with the first publish that was not acked since the last time somebody did.
    mutating func tell(_ shots: [OneShot<Result<Void, AMQPError>>], into effects: inout Effects) {
        if let failure = window?.takeFailure() ?? nil {
            effects.failed += shots.map { ($0, failure) }
        } else {
            effects.done += shots
        }
    }

    /// Tells who waits for answers that there will be none.
    mutating func failWaiters(_ error: AMQPError, into effects: inout Effects) {
        guard !answeredWaiters.isEmpty else { return }
        for waiter in answeredWaiters { effects.failed.append((waiter.shot, error)) }
        answeredWaiters = []
        // They have heard of it.
        _ = window?.takeFailure()
    }

    /// `basic.return`: with confirms a part of the publish's outcome.
    mutating func gaveBack(_ message: AMQPReturn) {
        guard window == nil else {
            window?.returned(message)
            return
        }
        if returns.count == Self.returnLimit { returns.removeFirst() }
        returns.append(message)
    }

    mutating func takeReturns() -> [AMQPReturn] {
        defer { returns = [] }
        return returns
    }

    /// Why nothing can be done on it any more.
    var end: AMQPError? {
        if case .ended(let error) = state { error } else { nil }
    }

    /// When an opening has taken too long; `nil` where whoever waits for it has a deadline of their own.
    var openingDeadline: MonotonicTime? {
        guard case .opening = state, recovers, opened == nil else { return nil }
        return deadline
    }

    /// The broker cannot answer now, for it does not read.
    mutating func extendOpening(until deadline: MonotonicTime) { self.deadline = deadline }

    /// Whether it should consume and does not: the subscription is lost, or not taken up yet.
    var isIdleConsumer: Bool {
        guard end == nil, openNumber == nil else { return false }
        return switch subscription {
        case .some(let subscription): subscription.wantsDeliveries
        case .none: false
        }
    }

    /// When it wants to be opened again.
    var retryTime: MonotonicTime? {
        if case .paused(let time) = state { time } else { nil }
    }

    // MARK: - Opening

    /// - Returns: what to send on channel `number`.
    mutating func open(on number: UInt16, until deadline: MonotonicTime = .distantFuture) -> [ClientMethod] {
        state = .opening(number)
        self.deadline = deadline
        restsUntil = nil
        let setup = subscription?.steps(of: setup) ?? setup
        steps = 1 + setup.count
        stepsLeft = steps
        for step in setup { calls.sent(step, nil) }
        return [.channelOpen] + setup
    }

    /// A step of the set-up was answered.
    ///
    /// - Returns: whether the channel is open now.
    mutating func stepDone(now: MonotonicTime, into effects: inout Effects) -> Bool {
        guard case .opening(let number) = state else { return false }
        stepsLeft -= 1
        guard stepsLeft == 0 else { return false }
        state = .open(number)
        if wasOpen, subscription?.wantsDeliveries ?? false {
            effects.events.append(AMQPEvent(kind: .subscribed, subject: purpose, error: nil))
        }
        wasOpen = true
        blames = 0
        openedAt = now
        if let opened = opened.take() { effects.done.append(opened) }
        return true
    }

    /// `channel.open-ok` counts as the first step.
    mutating func channelOpened(
        now: MonotonicTime,
        into effects: inout Effects
    ) throws(WireError) -> Bool {
        guard case .opening = state, stepsLeft == steps else {
            throw WireError("channel.open-ok that was not asked for")
        }
        return stepDone(now: now, into: &effects)
    }

    // MARK: - Losing

    /// Whether somebody waits, up to a deadline, until it is open for the first time: on which connection is all the same.
    ///
    /// What declares entities again belongs to one connection; and what a broker closes a connection over, as it does where
    /// there are too many channels, is not sent again.
    private func isAwaited(after error: AMQPError) -> Bool {
        guard opened != nil, !opensEarly else { return false }
        guard case .opening = state, let reply = error.reply else { return true }
        return reply.code == CloseReason.connectionForced
    }

    /// The broker closed the channel, or ended its subscription.
    mutating func lost(_ error: AMQPError, now: MonotonicTime, into effects: inout Effects) {
        let culprit = subscription?.culprit(of: error, at: now) ?? nil
        let left = subscription?.unconsumedQueue ?? nil
        abandon(error, into: &effects)
        subscription?.leftQueue = left
        guard recovers && (wasOpen || subscription == nil) else {
            finish(error, into: &effects)
            return
        }
        // A channel that is lost again and again waits longer and longer.
        failures = openedAt.advanced(by: backoff.maximum) <= now ? 1 : failures + 1
        openedAt = .distantFuture
        state = .paused(until: now.advanced(by: failures == 1 ? .zero : backoff.delay(attempt: failures)))
        let kind: AMQPEvent.Kind = subscription == nil ? .channelLost : .subscriptionLost
        let subject = culprit.map { "\(purpose), because of \($0)" } ?? purpose
        effects.events.append(AMQPEvent(kind: kind, subject: subject, error: error, delivery: culprit))
    }

    /// Whether a connection was closed over what may have been this channel's set-up.
    var isSuspect: Bool { blames > 0 && end == nil }

    /// The broker has closed the connection over this channel's set-up, or over that of another if it is not `isAlone`.
    ///
    /// What a broker says of its own failures may pass, such as a queue whose nodes are away: then it is tried again, but
    /// ever more rarely, since each time costs the others their connection.
    mutating func blamed(_ error: AMQPError, isAlone: Bool, now: MonotonicTime, into effects: inout Effects) {
        blames += 1
        guard isAlone else { return }
        guard wasOpen, error.reply?.code == CloseReason.internalError else {
            abandon(error, into: &effects)
            return finish(error, into: &effects)
        }
        guard blames >= Self.patience else { return }
        let rest = backoff.maximum * (1 << min(blames - Self.patience, Self.longestRest))
        restsUntil = now.advanced(by: rest)
        let kind: AMQPEvent.Kind = subscription == nil ? .channelLost : .subscriptionLost
        effects.events.append(AMQPEvent(kind: kind, subject: purpose, error: error))
    }

    /// The connection is gone.
    mutating func disconnected(_ error: AMQPError, into effects: inout Effects) {
        switch state {
        case .ended: return
        case .closing:
            abandon(error, into: &effects)
            finish(error, into: &effects)
        case .detached, .opening, .open, .paused:
            abandon(error, into: &effects)
            if recovers || isAwaited(after: error) {
                state = restsUntil.map { .paused(until: $0) } ?? .detached
                failures = 0
                openedAt = .distantFuture
            } else {
                finish(error, into: &effects)
            }
        }
    }

    /// Ends it for good.
    mutating func finish(_ error: AMQPError, into effects: inout Effects) {
        state = .ended(error)
        queue.fail(error, into: &effects)
        if let opened = opened.take() { effects.failed.append((opened, error)) }
        if let closed = closed.take() { effects.done.append(closed) }
        failWaiters(error, into: &effects)
        subscription?.wakeAll(into: &effects)
        requests?.end(error, into: &effects.answers)
    }

    /// Everything under way on the channel has lost its answer.
    private mutating func abandon(_ error: AMQPError, into effects: inout Effects) {
        // What came with the end is true all the same.
        wakeIfAnswered(into: &effects)
        let others = AMQPError(error.code == .connectionLost ? .connectionLost : .channelClosed, error.message)
        calls.failed(error, others: others, into: &effects.answers)
        window?.lost(error, into: &effects.outcomes)
        subscription?.lost(into: &effects)
        requests?.lost(error, into: &effects.answers)
        failWaiters(error, into: &effects)
    }

    // MARK: - Closing

    private var isConsuming: Bool {
        switch subscription {
        case .some(let subscription): subscription.isConsuming
        case .none: false
        }
    }

    /// What takes a private queue that is consumed off its exchanges before it goes.
    ///
    /// Whatever is published while a queue goes, and would be routed to it, the broker may refuse (`basic.nack`), although
    /// all other queues have taken it.
    var unbinding: [ClientMethod] {
        guard isConsuming else { return [] }
        return setup.compactMap { step in
            guard case .queueBind(let binding) = step, binding.destination.isEmpty else { return nil }
            return .queueUnbind(binding)
        }
    }

    /// The application is done with the channel.
    ///
    /// - Returns: what to send, if the channel is open.
    mutating func close(
        _ error: AMQPError,
        closed: OneShot<Result<Void, AMQPError>>,
        into effects: inout Effects
    ) -> [ClientMethod] {
        switch state {
        case .opening(let number), .open(let number):
            let farewell = openNumber == nil ? [] : unbinding
            abandon(error, into: &effects)
            self.closed = closed
            queue.fail(error, into: &effects)
            state = .closing(number)
            return farewell + [.channelClose(CloseReason(reply: .goodbye, classID: 0, methodID: 0))]
        case .detached, .paused, .closing, .ended:
            finish(error, into: &effects)
            effects.done.append(closed)
            return []
        }
    }
}

extension AMQPReply {
    /// What a client says when it goes in peace.
    static let goodbye = AMQPReply(code: 200, text: "OK")
}
