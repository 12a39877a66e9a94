import WarrenRuntime

extension ConnectionCore {
    /// What the caller of a publish does next.
    enum Submission {
        /// The message is in the outbox.
        case accepted
        /// It has to wait for its turn.
        case full
        case refused(AMQPError)
    }

    /// A publish as the caller's stack holds it.
    ///
    /// `@unchecked Sendable`: the memory behind `head` is the caller's and is used only until `submit` returns.
    @safe
    struct Publish: @unchecked Sendable {
        let head: UnsafeMutableRawBufferPointer
        let layout: PublishHeadLayout
        let body: [UInt8]
        let identity: ConfirmWindow.Identity?
        /// `nil` on a channel without confirms.
        let confirmation: PublishConfirmation?
        /// Which of the confirmation's publishes it is.
        var index = 0

        var size: Int { unsafe head.count + body.count }
    }

    /// Appends a publish in one step with taking its sequence number, or says why not.
    mutating func submit(_ publish: Publish, on id: SlotID) -> Submission {
        if let refusal { return .refused(refusal) }
        guard let box = channels[id] else { return .refused(.channelGone) }
        if let end = box.value.end { return .refused(end) }
        guard box.value.queue.isEmpty, blockedReason == nil, let number = box.value.openNumber,
            box.value.windowHasRoom, outbox.hasRoom(for: publish.size)
        else { return .full }
        return append(publish, to: box, number)
    }

    /// Takes a publish off its caller's stack, to be let in later.
    mutating func enqueue(_ publish: Publish, on id: SlotID, _ admission: OneShot<PublishQueue.Admission>) {
        unsafe channels[id]?.value.queue.append(
            PublishQueue.Entry(
                head: Array(publish.head),
                layout: publish.layout,
                body: publish.body,
                identity: publish.identity,
                confirmation: publish.confirmation,
                index: publish.index,
                admitted: admission
            )
        )
    }

    private mutating func append(
        _ publish: Publish,
        to box: SlotMap<ChannelMachine>.Box,
        _ number: UInt16
    ) -> Submission {
        let layout = publish.layout
        guard max(layout.headerFrame, layout.size - layout.headerFrame) <= frameMax else {
            return .refused(
                AMQPError(.invalidArgument, "the message's headers do not fit a frame of \(frameMax) bytes")
            )
        }
        unsafe Self.patch(publish.head, layout, number, sequence: box.value.window?.nextSequence ?? 0)
        unsafe outbox.pending.bytes.append(UnsafeRawBufferPointer(publish.head))
        outbox.pending.appendBody(publish.body, channel: number, frameMax: frameMax)
        if let confirmation = publish.confirmation {
            box.value.window?.sent(
                confirmation,
                index: publish.index,
                publish.identity,
                mandatory: layout.mandatory
            )
        } else {
            outbox.notePublish(size: publish.size)
        }
        return .accepted
    }

    private static func patch(
        _ head: UnsafeMutableRawBufferPointer,
        _ layout: PublishHeadLayout,
        _ number: UInt16,
        sequence: UInt64
    ) {
        unsafe head.storeBigEndian(number, at: 1)
        unsafe head.storeBigEndian(number, at: layout.headerFrame + 1)
        if let stamp = layout.stamp { unsafe head.storeBigEndian(sequence, at: stamp) }
    }

    /// Lets waiting publishes of a channel in, as far as there is room.
    ///
    /// A full window first drains by a quarter: one wake-up then brings many messages instead of one.
    mutating func admit(_ id: SlotID, into effects: inout Effects) {
        guard let box = channels[id], !box.value.queue.isEmpty, blockedReason == nil,
            let number = box.value.openNumber
        else { return }
        guard box.value.window?.hasRoomForMany ?? true else { return }
        while let entry = box.value.queue.head {
            guard box.value.windowHasRoom, outbox.hasRoom(for: entry.size) else { return }
            box.value.queue.removeFirst()
            guard entry.admitted.claim() else { continue }
            lastAdmitted = id
            var head = entry.head
            let submission = unsafe head.withUnsafeMutableBytes { head in
                unsafe append(
                    Publish(
                        head: head,
                        layout: entry.layout,
                        body: entry.body,
                        identity: entry.identity,
                        confirmation: entry.confirmation,
                        index: entry.index
                    ),
                    to: box,
                    number
                )
            }
            if case .refused(let error) = submission {
                effects.admissions.append((entry.admitted, .failure(error)))
            } else {
                effects.admissions.append((entry.admitted, .success(())))
            }
        }
    }

    /// Resolves `shot` when every publish of the channel so far has its answer.
    mutating func whenAnswered(
        _ id: SlotID,
        _ shot: OneShot<Result<Void, AMQPError>>,
        into effects: inout Effects
    ) {
        guard let box = channels[id] else { return effects.failed.append((shot, refusal ?? .channelGone)) }
        if let end = box.value.end { return effects.failed.append((shot, end)) }
        if box.value.isAnswered {
            box.value.tell([shot], into: &effects)
        } else {
            box.value.awaitAnswers(shot)
        }
    }

    /// After the outbox was emptied, or publishing is allowed again: every channel may have someone waiting.
    ///
    /// One may fill the outbox by itself: the next time it is the turn of those behind it.
    mutating func admitAll(into effects: inout Effects) {
        let start = lastAdmitted.flatMap { last in channels.ids.firstIndex(of: last) }.map { $0 + 1 } ?? 0
        for id in channels.ids[start...] { admit(id, into: &effects) }
        for id in channels.ids[..<start] { admit(id, into: &effects) }
    }

    /// Publishes that the broker has not answered.
    var unanswered: Int {
        channels.ids.reduce(0) { $0 + (channels[$1]?.value.window?.unanswered ?? 0) }
    }
}
