import Synchronization
import WarrenRuntime

/// A connection that comes back: callers on one side, its I/O thread on the other, ``ConnectionCore`` between them.
final class Connection: Sendable {
    /// What the owner of a connection is told and asked.
    struct Owner: Sendable {
        /// Whether entities have to be declared again before the connection is ready.
        let needsRecovery: @Sendable () -> Bool
        /// Declares them, on the given connection.
        let recover: @Sendable (Connection) async -> Void
        let report: @Sendable (AMQPEvent) -> Void
        let stateChanged: @Sendable () -> Void
        /// A declaration of the recovery has made the broker close the connection.
        var blamed: @Sendable (ClientMethod, AMQPError) -> Void = { _, _ in }
        /// Done when the broker has let any of the owner's connections in: what it refuses after that may pass.
        var wasConnected = OneShot<Void>()
    }

    let settings: ConnectionSettings
    let clock: any RuntimeClock
    let owner: Owner
    let waker: Waker
    let core: Locked<ConnectionCore>
    let status: ConnectionStatus
    let activity = ConnectionActivity()
    /// What was given since instead of the URL's password.
    let secret = Locked<Redacted?>(nil)
    /// What the broker said when it was last reached.
    let broker = Locked<AMQPBrokerInfo?>(nil)
    /// Done when the first operation wants the connection.
    private let demand = OneShot<Void>()

    init(settings: ConnectionSettings, clock: any RuntimeClock, owner: Owner) throws(AMQPError) {
        self.settings = settings
        self.clock = clock
        self.owner = owner
        status = ConnectionStatus(clock: clock, changed: owner.stateChanged)
        core = Locked(ConnectionCore(settings: settings, clock: clock))
        do throws(SystemError) {
            waker = try Waker()
        } catch {
            throw AMQPError(.unreachable, "no file descriptor for another connection: \(error)")
        }
    }

    // MARK: - Life

    /// Runs the connection, once it is wanted, until the task is cancelled or the connection ends for good.
    ///
    /// - Returns: why it ended, if not by cancellation.
    func run() async -> AMQPError? {
        let ended = OneShot<AMQPError?>()
        let recoveries = AsyncStream.makeStream(of: UInt64.self, bufferingPolicy: .bufferingNewest(1))
        perform { core, _ in
            if case .idle = core.phase { core.phase = .down }
        }
        await withTaskCancellationHandler {
            await demand.value(abandoningWith: ())
            guard !Task.isCancelled else { return ended.fulfil(nil) }
            start(ended, recoveries.continuation)
            for await epoch in recoveries.stream {
                await owner.recover(self)
                perform { core, effects in core.becameReady(epoch: epoch, into: &effects) }
            }
        } onCancel: {
            perform { core, _ in core.requestClose() }
            // Between connections, and while the socket takes no more, the thread sleeps without saying so.
            waker.wake()
        }
        // The thread ends within its deadlines; waiting for it leaves nothing behind.
        let cause = await ended.value()
        let reason = perform { core, effects in
            let reason = cause ?? core.closeCause
            core.ended(reason, into: &effects)
            return reason
        }
        status.set(.ended(reason))
        return cause
    }

    private func start(_ ended: OneShot<AMQPError?>, _ recoveries: AsyncStream<UInt64>.Continuation) {
        status.set(.connecting(attempt: 1, nil))
        do throws(SystemError) {
            try IOThread.start(name: "amqp-io") { [self] in
                let jumps = clock.onJump { [waker] in waker.wake() }
                var loop = ConnectionLoop(self, recoveries)
                let cause = loop.run()
                withExtendedLifetime(jumps) {}
                ended.fulfil(cause)
                recoveries.finish()
            }
        } catch {
            ended.fulfil(AMQPError(.unreachable, "no thread for another connection: \(error)"))
            recoveries.finish()
        }
    }

    /// Ends the connection because of what befell another: its operations fail for the same reason.
    func close(because cause: AMQPError) {
        perform { core, _ in
            core.closeCause = cause
            core.requestClose()
        }
    }

    /// Says that the connection is wanted; it is opened if it is not.
    func want() {
        demand.fulfil(())
    }

    // MARK: - Deciding and acting

    /// Decides under the lock, then acts outside it.
    @discardableResult
    func perform<Value: Sendable>(
        _ decide: (inout ConnectionCore, inout Effects) -> Value
    ) -> Value {
        var effects = Effects()
        let (value, wake) = core.withLock { core in
            let value = decide(&core, &effects)
            return (value, core.takeWake())
        }
        if wake { waker.wake() }
        effects.perform(report: owner.report)
        return value
    }

    // MARK: - Channels

    /// Adds a channel; it opens as soon as the connection is there.
    func add(_ machine: consuming ChannelMachine) -> SlotID {
        want()
        var effects = Effects()
        var machine = Optional(machine)
        let (id, wake) = core.withLock { core in
            // The optional is full: it was filled above, and this closure runs once.
            guard let machine = machine.take() else { preconditionFailure("a channel was added twice") }
            let id = core.add(machine, into: &effects)
            if let position = core.channels[id]?.value.subscription?.position {
                let settler = DeliverySettler(
                    connection: self,
                    channel: id,
                    position: position,
                    deliversAgain: core.channels[id]?.value.subscription?.mode.deliversAgain ?? true
                )
                core.channels[id]?.value.subscription?.settler = settler
            }
            return (id, core.takeWake())
        }
        if wake { waker.wake() }
        effects.perform(report: owner.report)
        return id
    }

    /// Hands out no more of a consumer's deliveries, takes its private queue off its exchanges, and waits until that is
    /// done: whoever publishes still knows of the queue for a moment.
    private func unbind(_ id: SlotID) async {
        let answer = OneShot<CallQueue.Answer>()
        let isAsked = perform { core, effects in
            guard let box = core.channels[id] else { return false }
            core.drop(box, into: &effects)
            return core.unbind(box, answer)
        }
        guard isAsked else { return }
        // Also in a task that was cancelled, as those that clean up often are.
        await Task { _ = try? await self.answer(of: answer, within: settings.closeTimeout, "unbinding a queue") }.value
    }

    /// Closes a channel and forgets it.
    func remove(_ id: SlotID) async {
        await unbind(id)
        let closed = OneShot<Result<Void, AMQPError>>()
        perform { core, effects in
            guard let box = core.channels[id] else {
                effects.done.append(closed)
                return
            }
            core.sendGatheredAcks()
            let number = box.value.number
            let gone = AMQPError(.closed, "the channel was closed")
            for method in box.value.close(gone, closed: closed, into: &effects) {
                // A close always fits a frame.
                if let number { try? core.send(method, on: number) }
            }
        }
        _ = await result(of: closed, within: settings.closeTimeout, "closing a channel")
        perform { core, effects in
            guard let box = core.channels[id] else { return }
            // Not closed in time: the number stays taken until the broker answers.
            if case .closing(let number) = box.value.state { core.numbers[Int(number)] = .orphan }
            box.value.finish(AMQPError(.closed, "the channel was closed"), into: &effects)
            core.channels.remove(id)
            core.openNextSuspect(into: &effects)
        }
    }

    // MARK: - Calls

    /// Sends a synchronous method and waits for its answer.
    func call(_ method: ClientMethod, on id: SlotID) async throws(AMQPError) -> CallReply {
        let shot = OneShot<CallQueue.Answer>()
        let failure = perform { core, _ in
            do throws(AMQPError) {
                try core.call(method, on: id, shot)
                return AMQPError?.none
            } catch {
                return error
            }
        }
        if let failure { throw failure }
        return try await answer(of: shot, within: settings.operationTimeout, method.name)
    }

    func answer(
        of shot: OneShot<CallQueue.Answer>,
        within timeout: Duration,
        _ what: String
    ) async throws(AMQPError) -> CallReply {
        let answer = await wait(for: shot, within: timeout) { .failure($0(what)) }
        return try answer.get()
    }

    func result(
        of shot: OneShot<Result<Void, AMQPError>>,
        within timeout: Duration,
        _ what: String
    ) async -> Result<Void, AMQPError> {
        await wait(for: shot, within: timeout) { .failure($0(what)) }
    }

    /// Waits with a deadline; `give` makes the value for a deadline that passed or a task that was cancelled.
    func wait<Value: Sendable>(
        for shot: OneShot<Value>,
        within timeout: Duration,
        _ give: @escaping @Sendable ((String) -> AMQPError) -> Value
    ) async -> Value {
        if let value = shot.current { return value }
        async let _ = expire(shot, within: timeout, give)
        return await shot.value(
            abandoningWith: give { AMQPError(.cancelled, "\($0) was cancelled") }
        )
    }

    private func expire<Value: Sendable>(
        _ shot: OneShot<Value>,
        within timeout: Duration,
        _ give: @Sendable ((String) -> AMQPError) -> Value
    ) async {
        do {
            try await clock.sleep(until: clock.now.advanced(by: timeout))
        } catch {
            return
        }
        shot.abandon(give { timedOut($0, after: timeout) })
    }

    /// Why something did not come in time, as far as the connection knows.
    private func timedOut(_ what: String, after timeout: Duration) -> AMQPError {
        let (phase, cause, blocked) = core.withLock { ($0.phase, $0.lastFailure, $0.blockedSuffix) }
        switch phase {
        case .idle:
            return AMQPError(.notRunning, "\(what) waited for \(timeout), but the client's run() was never called")
        case .down:
            guard let cause else {
                return AMQPError(.timedOut, "\(what): no connection to \(settings.hostList) within \(timeout)")
            }
            // The operation itself was not under way when the connection went.
            let code: AMQPError.Code = cause.code == .connectionLost ? .unreachable : cause.code
            let message = "\(what): no connection within \(timeout): \(cause.message)"
            return AMQPError(code, message, reply: cause.reply)
        default:
            return AMQPError(.timedOut, "\(what) took longer than \(timeout)\(blocked)")
        }
    }

    // MARK: - Settling

    func settle(
        _ id: SlotID,
        _ delivery: AMQPDelivery,
        _ settlement: DeliveryLedger.SettlingMethod
    ) throws(AMQPError) -> AMQPDelivery.Settlement {
        let (result, wake) = core.withLock { core in
            let result: Result<AMQPDelivery.Settlement, AMQPError>
            do throws(AMQPError) {
                result = .success(try core.settle(id, delivery, settlement))
            } catch {
                result = .failure(error)
            }
            return (result, core.takeWake())
        }
        if wake { waker.wake() }
        let settled = try result.get()
        if settled == .staleDelivery {
            owner.report(AMQPEvent(kind: .staleDelivery, subject: "delivery \(delivery.deliveryTag)", error: nil))
        }
        return settled
    }
}

extension ConnectionSettings {
    var hostList: String { hosts.map(\.description).joined(separator: ", ") }
}
