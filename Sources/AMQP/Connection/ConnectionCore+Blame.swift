import WarrenRuntime

/// What becomes of a call that makes the broker close the whole connection, such as a consumer without acks of a stream:
/// it must not be sent again and again, or nobody on the connection would get anything done.
extension ConnectionCore {
    /// The broker has closed the connection: ends the channel that is to blame, if it is known.
    ///
    /// The broker names a method, not a channel. Where several wait for an answer to such a one, each is suspected, and
    /// on the next connection they are opened one at a time.
    ///
    /// - Returns: the declarations that are to blame, among those that are repeated on each connection.
    mutating func blame(_ reason: CloseReason, into effects: inout Effects) -> [ClientMethod] {
        var suspects: [SlotMap<ChannelMachine>.Box] = []
        var declarations: [ClientMethod] = []
        for id in channels.ids {
            guard let box = channels[id] else { continue }
            if box.value.recovers, box.value.calls.isAsking(whatLedTo: reason) { suspects.append(box) }
            if box.value.opensEarly, let first = box.value.calls.first, first.led(to: reason) {
                declarations.append(first)
            }
        }
        for box in suspects {
            let error = reason.error(closingConnectionOf: box.value.purpose)
            box.value.blamed(error, isAlone: suspects.count == 1, now: clock.now, into: &effects)
        }
        hasSuspects = hasSuspects || !suspects.isEmpty
        return declarations
    }

    /// Opens the channels that wait for the connection; those under suspicion after all others.
    mutating func openAll(into effects: inout Effects) {
        for id in channels.ids where channels[id]?.value.isSuspect == false { openIfPossible(id, into: &effects) }
        openNextSuspect(into: &effects)
    }

    /// Opens a channel under suspicion, if no other is just being opened.
    mutating func openNextSuspect(into effects: inout Effects) {
        guard hasSuspects else { return }
        hasSuspects = channels.ids.contains { channels[$0]?.value.isSuspect == true }
        for id in channels.ids where channels[id]?.value.isSuspect == true {
            guard mayOpenSuspect else { return }
            guard let box = channels[id], let retry = box.value.retryTime, retry > clock.now else {
                openIfPossible(id, into: &effects)
                continue
            }
            heed(box)
        }
    }

    /// Whether it would be known who it was, if the connection were closed over the opening of a channel.
    var mayOpenSuspect: Bool {
        !channels.ids.contains { id in
            if case .opening? = channels[id]?.value.state { true } else { false }
        }
    }
}

extension CallQueue {
    /// Whether a call is unanswered that the broker may have closed the connection over.
    fileprivate func isAsking(whatLedTo reason: CloseReason) -> Bool {
        // A broker that has failed itself names nothing.
        let namesNothing = reason.reply.code == CloseReason.internalError && reason.classID == 0
        return namesNothing ? !isEmpty : contains(where: { $0.led(to: reason) })
    }
}

extension CloseReason {
    /// What a broker says of its own failures, which may pass.
    static let internalError: UInt16 = 541
    static let connectionForced: UInt16 = 320

    /// The broker's reason for closing a whole connection, as an error of who is to blame.
    fileprivate func error(closingConnectionOf what: String) -> AMQPError {
        let code = error(what).code
        return AMQPError(
            code == .channelClosed ? .connectionLost : code,
            "the broker closed the connection over the \(what): \(reply)",
            reply: reply
        )
    }
}
