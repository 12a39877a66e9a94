import WarrenRuntime

extension ConnectionCore {
    /// What a batch of events means for the connection as a whole.
    enum Verdict {
        case goOn
        case closedByPeer(CloseReason)
        case closeConfirmed
    }

    /// Applies what the broker said.
    mutating func apply(
        _ events: [InboundEvent],
        now: MonotonicTime,
        into effects: inout Effects
    ) throws(WireError) -> Verdict {
        batch += 1
        touched.removeAll(keepingCapacity: true)
        for event in events {
            switch event {
            case .delivered(let number, let contents):
                try delivered(contents, on: number, into: &effects)
            case .confirmed(let number, let tag, let multiple, let acked):
                try confirmed(tag, multiple: multiple, acked: acked, on: number, into: &effects)
            case .method(0, let method):
                let verdict = try connectionMethod(method, into: &effects)
                guard case .goOn = verdict else { return verdict }
            case .method(let number, let method):
                try channelMethod(method, on: number, now: now, into: &effects)
            case .got(let number, let message):
                try channelMethod(.reply(.message(message)), on: number, now: now, into: &effects)
            case .undecodable(let number, let method, let reason):
                try undecodable(method, on: number, reason, into: &effects)
            case .returned(let number, let message):
                guard case .channel(let id) = try use(of: number), let box = channels[id] else { continue }
                box.value.gaveBack(message)
            }
        }
        afterBatch(now: now, into: &effects)
        return .goOn
    }

    /// Something came for a channel.
    private mutating func touch(_ id: SlotID, _ box: SlotMap<ChannelMachine>.Box) {
        guard box.value.lastBatch != batch else { return }
        box.value.lastBatch = batch
        touched.append(id)
    }

    /// Once per batch, not per message: wake consumers, admit publishes, answer who waits for all confirms.
    private mutating func afterBatch(now: MonotonicTime, into effects: inout Effects) {
        for id in touched {
            guard let box = channels[id] else { continue }
            box.value.subscription?.wakeIfFilled(into: &effects)
            if box.value.subscription?.isOverfull == true { mayBeOverfull = true }
            if box.value.subscription?.yieldIfFull() == true { _ = reconcile(box) }
            if let check = box.value.subscription?.mark(at: now) ?? nil { nextTimer = min(nextTimer, check) }
            admit(id, into: &effects)
            box.value.wakeIfAnswered(into: &effects)
        }
    }

    /// Whether frames may come on a channel.
    func isInUse(_ number: UInt16) -> Bool {
        guard Int(number) < numbers.count else { return false }
        if case .free = numbers[Int(number)] { return false }
        return true
    }

    private func use(of number: UInt16) throws(WireError) -> NumberUse {
        guard Int(number) < numbers.count else {
            throw WireError("a frame on channel \(number), which was never opened")
        }
        return numbers[Int(number)]
    }

    private mutating func delivered(
        _ contents: DeliveryContents,
        on number: UInt16,
        into effects: inout Effects
    ) throws(WireError) {
        switch try use(of: number) {
        case .orphan: return
        case .free: throw WireError("a delivery on channel \(number), which is not open")
        case .channel(let id):
            guard let box = channels[id], box.value.openNumber != nil else { return }
            touch(id, box)
            guard let settler = box.value.subscription?.settler else {
                if replied(contents.incoming, box, into: &effects) { return }
                throw WireError("a delivery on channel \(number), which does not consume")
            }
            try box.value.subscription?.delivered(contents, settler: settler)
        }
    }

    private mutating func confirmed(
        _ tag: UInt64,
        multiple: Bool,
        acked: Bool,
        on number: UInt16,
        into effects: inout Effects
    ) throws(WireError) {
        switch try use(of: number) {
        case .free: throw WireError("a method on channel \(number), which is not open")
        case .orphan: return
        case .channel(let id):
            guard let box = channels[id] else { return }
            if case .closing = box.value.state { return }
            touch(id, box)
            try box.value.window?.answered(tag, multiple: multiple, acked: acked, into: &effects.outcomes)
        }
    }

    /// A message that nobody can be given is rejected, never requeued: it would come back for ever.
    ///
    /// Who only looks gets it all the same, without its contents.
    private mutating func undecodable(
        _ method: ContentMethod,
        on number: UInt16,
        _ reason: WireError,
        into effects: inout Effects
    ) throws(WireError) {
        guard case .channel(let id) = try use(of: number), let box = channels[id], box.value.openNumber != nil else {
            return
        }
        touch(id, box)
        let error = AMQPError(.protocolViolation, "the broker sent \(reason.message)")
        undecodable: switch method {
        // What needs no ack cannot be rejected either.
        case .deliver where box.value.requests != nil: break
        case .deliver(let envelope):
            if box.value.subscription?.keepsUnreadable == true, let settler = box.value.subscription?.settler {
                let message = IncomingMessage(envelope: envelope, message: AMQPMessage(body: []))
                let contents = DeliveryContents(message, unreadable: error.message)
                try box.value.subscription?.delivered(contents, settler: settler)
                return
            }
            guard let isInTurn = box.value.subscription?.ledger.delivered(envelope.tag), isInTurn else {
                throw WireError("delivery \(envelope.tag) on channel \(number) out of turn")
            }
            box.value.subscription?.watch.delivered(envelope.tag, nil)
            _ = box.value.subscription?.ledger.settle(envelope.tag)
            if case .automatic = box.value.subscription?.mode { break undecodable }
            try reply(.basicReject(tag: envelope.tag, requeue: false), on: number)
        case .getOK(let envelope, _):
            if !box.value.calls.fetchesSettled {
                try reply(.basicReject(tag: envelope.tag, requeue: false), on: number)
            }
            if let call = try box.value.calls.answered(.basicGetEmpty) {
                effects.answers.append((call.shot, .failure(error)))
            }
        case .return: break
        }
        effects.events.append(
            AMQPEvent(kind: .undecodable, subject: "message for the \(box.value.purpose)", error: error)
        )
    }

    private mutating func connectionMethod(
        _ method: ServerMethod,
        into effects: inout Effects
    ) throws(WireError) -> Verdict {
        switch method {
        case .connectionClose(let reason): return .closedByPeer(reason)
        case .connectionCloseOK:
            guard phase == .closing else { throw WireError("connection.close-ok that was not asked for") }
            return .closeConfirmed
        case .connectionUpdateSecretOK:
            try secretUpdated(into: &effects)
            return .goOn
        case .connectionBlocked(let reason):
            blockedReason = reason
            return .goOn
        case .connectionUnblocked:
            blockedReason = nil
            admitAll(into: &effects)
            return .goOn
        default: throw WireError("a method on channel 0 that belongs to another")
        }
    }

    private mutating func channelMethod(
        _ method: ServerMethod,
        on number: UInt16,
        now: MonotonicTime,
        into effects: inout Effects
    ) throws(WireError) {
        switch try use(of: number) {
        case .free: throw WireError("a method on channel \(number), which is not open")
        case .orphan: try orphanMethod(method, on: number)
        case .channel(let id):
            guard let box = channels[id] else { return }
            touch(id, box)
            if case .closing = box.value.state {
                try closingMethod(method, on: number, box, into: &effects)
            } else {
                try openMethod(method, on: number, id, box, now: now, into: &effects)
            }
        }
    }

    /// A channel whose owner has gone: only the end of the closing counts.
    private mutating func orphanMethod(_ method: ServerMethod, on number: UInt16) throws(WireError) {
        switch method {
        case .channelCloseOK: numbers[Int(number)] = .free
        case .channelClose: try reply(.channelCloseOK, on: number)
        default: return
        }
    }

    private mutating func closingMethod(
        _ method: ServerMethod,
        on number: UInt16,
        _ box: SlotMap<ChannelMachine>.Box,
        into effects: inout Effects
    ) throws(WireError) {
        switch method {
        case .channelCloseOK:
            numbers[Int(number)] = .free
            box.value.finish(AMQPError(.closed, "the channel was closed"), into: &effects)
        case .channelClose: try reply(.channelCloseOK, on: number)
        default: return
        }
    }

    private mutating func openMethod(
        _ method: ServerMethod,
        on number: UInt16,
        _ id: SlotID,
        _ box: SlotMap<ChannelMachine>.Box,
        now: MonotonicTime,
        into effects: inout Effects
    ) throws(WireError) {
        switch method {
        case .reply(let answer):
            box.value.subscription?.answered(answer)
            let isSettled = box.value.calls.fetchesSettled
            guard let resolution = try box.value.calls.answered(answer) else {
                if box.value.stepDone(now: now, into: &effects) { openNextSuspect(into: &effects) }
                _ = reconcile(box)
                return
            }
            _ = reconcile(box)
            if case .basicRecoverOK = answer { box.value.fetches.recovered() }
            if !isSettled, case .message(let message) = answer {
                // A fetched message whose caller has given up goes back, or nobody would ever see it.
                guard resolution.shot.claim() else {
                    return try reply(.basicNack(tag: message.envelope.tag, multiple: false, requeue: true), on: number)
                }
                box.value.fetches.fetched(message.envelope.tag)
            }
            effects.answers.append(resolution)
        case .channelOpenOK:
            if try box.value.channelOpened(now: now, into: &effects) { openNextSuspect(into: &effects) }
        case .channelFlow(let active):
            try reply(.channelFlowOK(active: active), on: number)
        case .channelClose(let reason):
            try reply(.channelCloseOK, on: number)
            numbers[Int(number)] = .free
            lost(id, box, reason.error(box.value.purpose), now: now, into: &effects)
        case .basicCancel:
            let error = AMQPError(.consumerCancelled, "the broker ended the subscription of the \(box.value.purpose)")
            // The application was told that these acks are on their way; an ack has a fixed size and always fits.
            try? sendAcks(of: box, number)
            release(number, saying: .goodbye)
            lost(id, box, error, now: now, into: &effects)
        default:
            throw WireError("a method on channel \(number) that belongs to channel 0")
        }
    }

    mutating func lost(
        _ id: SlotID,
        _ box: SlotMap<ChannelMachine>.Box,
        _ error: AMQPError,
        now: MonotonicTime,
        into effects: inout Effects
    ) {
        box.value.lost(error, now: now, into: &effects)
        // An exchange may have gone under its publishers too, and its bindings with it.
        if box.value.recovers, error.code == .notFound || error.code == .consumerCancelled { wantsRecovery = true }
        openNextSuspect(into: &effects)
        guard let retry = box.value.retryTime else { return }
        if retry <= now {
            openIfPossible(id, into: &effects)
        } else {
            heed(box)
        }
    }

    /// Answers the peer; methods without variable parts always fit.
    ///
    /// - Throws: when it asks on and on without reading the answers.
    private mutating func reply(_ method: ClientMethod, on number: UInt16) throws(WireError) {
        guard outbox.pending.bytes.count <= 4 * outbox.limit + (16 << 20) else {
            throw WireError("more to answer than it reads")
        }
        try? send(method, on: number)
    }
}

extension CloseReason {
    /// The broker's reason as an error of what was being done.
    func error(_ what: String) -> AMQPError {
        let code: AMQPError.Code =
            switch reply.code {
            case 403: .accessRefused
            case 404: .notFound
            case 405: .resourceLocked
            case 406: .preconditionFailed
            case 540: .notSupported
            default: .channelClosed
            }
        if let conflict = AMQPConflict(reply) { return AMQPError(code, "\(conflict) (\(what))", reply: reply) }
        return AMQPError(code, "the broker closed the channel of the \(what): \(reply)", reply: reply)
    }
}
