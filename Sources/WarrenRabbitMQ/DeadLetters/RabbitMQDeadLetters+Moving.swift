import AMQP
public import Warren

extension RabbitMQDeadLetters {
    /// Gives dead letters back to the queue that they came from, and to no other.
    ///
    /// Each is published as a copy, which the broker has to have confirmed in that queue before the original is acked. The
    /// copy has the body, the properties and the headers of the message, but none that tell of a failure. One whose copy
    /// the broker does not take stays. A connection that is lost in between leaves both.
    ///
    /// - Parameters:
    ///   - filter: which.
    ///   - limit: how many at most, the oldest first.
    /// - Returns: what became of them.
    /// - Throws: as `DeadLetterStore` says.
    public func requeue(_ filter: DeadLetterFilter, limit: Int) async throws(EventBusError) -> DeadLetterReport {
        try await doing {
            try await client.withPublisher { publisher in
                try await move(filter, limit: limit, "requeued") { letters in
                    // Not a child of this task: cancelled, it would send the copies and not hear that they came.
                    await Task { await copy(letters, publisher) }.value
                }
            }
        }
    }

    /// Takes dead letters away for good.
    ///
    /// - Parameters:
    ///   - filter: which.
    ///   - limit: how many at most, the oldest first.
    /// - Returns: what became of them.
    /// - Throws: as `DeadLetterStore` says.
    public func discard(_ filter: DeadLetterFilter, limit: Int) async throws(EventBusError) -> DeadLetterReport {
        try await move(filter, limit: limit, "discarded") { letters in Dealt(reasons: letters.map { _ in nil }) }
    }

    /// What was done for some dead letters.
    private struct Dealt {
        /// Of each of them, from the first on, why it has to stay; `nil` when it may go.
        var reasons: [String?] = []
        /// Why nothing more can be done for any.
        var end: AMQPError?
    }

    /// Takes dead letters out of their queue once `deal` has done something for them; `past` says what, for errors.
    private func move(
        _ filter: DeadLetterFilter,
        limit: Int,
        _ past: String,
        _ deal: ([RabbitMQDeadLetter]) async -> Dealt
    ) async throws(EventBusError) -> DeadLetterReport {
        var report = DeadLetterReport()
        guard limit > 0 else { return report }
        do throws(EventBusError) {
            try await scan(filter, limit: limit) { look in
                while report.count < limit {
                    let batch = try await look.next(upTo: reach(filter, limit - report.count))
                    if batch.isEmpty { return }
                    let meant = batch.map { (delivery: $0, letter: RabbitMQDeadLetter($0, of: queue)) }
                        .filter { filter.matches($0.letter.head) }
                        .prefix(limit - report.count)
                    let dealt = await deal(meant.map(\.letter))
                    let done = zip(meant, dealt.reasons).filter { $1 == nil }.map(\.0)
                    try await look.remove(done.map(\.delivery))
                    report.ids += done.map(\.letter.head.eventID)
                    for (one, reason) in zip(meant, dealt.reasons) {
                        if let reason { report.kept.append(.init(id: one.letter.head.eventID, reason: reason)) }
                    }
                    if let end = dealt.end { throw end }
                }
            }
        } catch {
            throw error.after(report.ids.count, past)
        }
        return report
    }

    // MARK: - Copies

    /// Why a dead letter stays.
    private struct Reason: Error {
        let text: String
    }

    /// Publishes copies, all of them before the first confirm is waited for.
    private func copy(_ letters: [RabbitMQDeadLetter], _ publisher: AMQPPublisher) async -> Dealt {
        var copies: [Result<AMQPPendingConfirm, Reason>] = []
        var dealt = Dealt()
        do throws(AMQPError) {
            for letter in letters { copies.append(try await send(letter, publisher)) }
        } catch {
            dealt.end = error
        }
        for copy in copies {
            switch copy {
            case .success(let pending): dealt.reasons.append(Self.reason(await pending.outcome))
            case .failure(let reason): dealt.reasons.append(reason.text)
            }
        }
        return dealt
    }

    /// - Throws: when no other copy can be sent either.
    private func send(
        _ letter: RabbitMQDeadLetter,
        _ publisher: AMQPPublisher
    ) async throws(AMQPError) -> Result<AMQPPendingConfirm, Reason> {
        if let unreadable = letter.unreadable { return .failure(Reason(text: unreadable)) }
        var copy = MessageCopy(of: letter.message)
        copy.beginAnew(from: letter.origin)
        let agreed = client.broker?.frameMax ?? 0
        let message = copy.fitted(to: Int(agreed == 0 ? AMQPClientConfiguration().frameMax : agreed))
        do throws(AMQPError) {
            return .success(try await publisher.send(message, to: "", routingKey: letter.queue, mandatory: true))
        } catch {
            guard error.code == .invalidArgument else { throw error }
            return .failure(Reason(text: error.message))
        }
    }

    private static func reason(_ outcome: AMQPPublishOutcome) -> String? {
        switch outcome {
        case .acked: nil
        case .returned(let message): "its queue '\(message.routingKey)' is not there: \(message.reply)"
        case .refused: "its queue does not take it: it is full, or failing"
        case .unknown(let cause): "nobody knows whether its queue has it: \(cause.message)"
        }
    }
}

extension DeadLetterReport {
    /// How many it tells of.
    fileprivate var count: Int { ids.count + kept.count }
}
