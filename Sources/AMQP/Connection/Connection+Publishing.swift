import WarrenRuntime

extension Connection {
    /// What submitting a publish leads to.
    private enum Next: ~Copyable {
        case done(wake: Bool)
        case write(ConnectionCore.LoneWrite)
        case wait(OneShot<PublishQueue.Admission>, wake: Bool)
        case refused(AMQPError, wake: Bool)
    }

    /// Puts a publish into the outbox, if there is room for it.
    ///
    /// `confirmation` hears the outcome; it is `nil` on a channel without confirms.
    ///
    /// - Returns: what to wait for with ``admission(_:_:on:within:)`` if there is no room now.
    /// - Throws: why it cannot be sent.
    @inline(__always)
    func submit(
        _ message: AMQPMessage,
        _ target: PublishTarget,
        on id: SlotID,
        _ confirmation: PublishConfirmation?,
        index: Int = 0
    ) throws(AMQPError) -> OneShot<PublishQueue.Admission>? {
        try unsafe PublishEncoder.withHead(target, message) { head, layout in
            unsafe submit(
                ConnectionCore.Publish(
                    head: head,
                    layout: layout,
                    body: message.body,
                    identity: target.identity(of: message),
                    confirmation: confirmation,
                    index: index
                ),
                on: id
            )
        }.get()
    }

    /// Waits for a publish's turn; `timeout`: how long, if not as long as any operation.
    ///
    /// - Throws: why it did not come. Nothing was sent then.
    func admission(
        _ admission: OneShot<PublishQueue.Admission>,
        _ target: PublishTarget,
        on id: SlotID,
        within timeout: Duration? = nil
    ) async throws(AMQPError) {
        want()
        let admitted = await wait(for: admission, within: timeout ?? settings.operationTimeout) {
            .failure($0("the publish to exchange '\(target.exchange)' with key '\(target.routingKey)'"))
        }
        if case .failure(let error) = admitted {
            perform { core, effects in
                core.channels[id]?.value.queue.remove(admission)
                core.channels[id]?.value.wakeIfAnswered(into: &effects)
            }
            throw error
        }
    }

    /// - Returns: what to wait for, if there is no room now.
    private func submit(
        _ publish: ConnectionCore.Publish,
        on id: SlotID
    ) -> Result<OneShot<PublishQueue.Admission>?, AMQPError> {
        var effects = Effects()
        let next: Next = core.withLock { core in
            switch core.submit(publish, on: id) {
            case .refused(let error): return .refused(error, wake: false)
            case .full:
                let admission = OneShot<PublishQueue.Admission>()
                core.enqueue(publish, on: id, admission)
                return .wait(admission, wake: false)
            case .accepted: return Self.send(&core, &effects)
            }
        }
        return act(next, &effects)
    }

    /// Puts as many publishes of a batch into the outbox as there is room for, from the one at `next` on, which it moves.
    ///
    /// - Returns: what the one at `next` waits for, if there is no room for it now.
    /// - Throws: why it cannot be sent.
    func submit(
        _ batch: inout PublishBatch,
        from next: inout Int,
        on id: SlotID
    ) throws(AMQPError) -> OneShot<PublishQueue.Admission>? {
        var effects = Effects()
        let step: Next = core.withLock { core in
            while next < batch.count {
                let index = next
                let submission = batch.withPublish(at: index) { core.submit($0, on: id) }
                switch submission {
                case .accepted: next += 1
                case .refused(let error): return .refused(error, wake: core.takeWake())
                case .full:
                    let admission = OneShot<PublishQueue.Admission>()
                    batch.withPublish(at: index) { core.enqueue($0, on: id, admission) }
                    return .wait(admission, wake: core.takeWake())
                }
            }
            return Self.send(&core, &effects)
        }
        return try act(step, &effects).get()
    }

    /// How what was put into the outbox gets on its way.
    private static func send(_ core: inout ConnectionCore, _ effects: inout Effects) -> Next {
        // A thread that is awake finds the bytes by itself.
        guard core.isAsleep else { return .done(wake: false) }
        if let write = core.takeLoneWrite(into: &effects) { return .write(write) }
        return .done(wake: core.takeWake())
    }

    private func act(
        _ next: consuming Next,
        _ effects: inout Effects
    ) -> Result<OneShot<PublishQueue.Admission>?, AMQPError> {
        switch consume next {
        case .done(let wake):
            if wake { waker.wake() }
        case .write(let write):
            effects.perform(report: owner.report)
            perform(write)
        case .wait(let admission, let wake):
            if wake { waker.wake() }
            return .success(admission)
        case .refused(let error, let wake):
            if wake { waker.wake() }
            return .failure(error)
        }
        return .success(nil)
    }

    private func perform(_ write: consuming ConnectionCore.LoneWrite) {
        let progress = write.run()
        let now = clock.now
        var written = Optional(write)
        let wake = core.withLock { core in
            if let write = written.take() { core.finish(write, progress, now: now) }
            return core.takeWake()
        }
        if wake { waker.wake() }
    }
}

extension PublishTarget {
    /// What the message is recognised by if the broker returns it.
    func identity(of message: AMQPMessage) -> ConfirmWindow.Identity? {
        guard mandatory, let id = message.properties.messageID else { return nil }
        return ConfirmWindow.Identity(messageID: id, exchange: exchange, routingKey: routingKey)
    }
}
