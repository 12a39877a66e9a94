/// The requests of one channel that have no reply yet, by the correlation id that they were sent with.
struct RequestTable: ~Copyable {
    private struct Request {
        let shot: OneShot<CallQueue.Answer>
        /// Whether it has left; one that has not is not lost with its channel.
        var isSent = false
    }

    /// Tells the ids of this table from those of any other program.
    private let name = String(UInt64.random(in: .min ... .max), radix: 36)
    private var count: UInt64 = 0
    private var waiting: [String: Request] = [:]
    /// Replies that nobody waited for any more.
    private(set) var lateReplies = 0

    init() {}

    /// - Returns: the correlation id to send the request with.
    mutating func add(_ shot: OneShot<CallQueue.Answer>) -> String {
        count += 1
        let id = "\(name).\(count)"
        waiting[id] = Request(shot: shot)
        return id
    }

    mutating func sent(_ id: String) {
        waiting[id]?.isSent = true
    }

    /// Nobody waits for its reply any more.
    mutating func forget(_ id: String) {
        waiting[id] = nil
    }

    // MARK: - Events

    /// - Returns: whether somebody waited for the reply.
    mutating func replied(_ reply: IncomingMessage, into answers: inout [CallQueue.Resolution]) -> Bool {
        let id = reply.message.properties.correlationID ?? ""
        guard let request = waiting.removeValue(forKey: id), request.shot.claim() else {
            lateReplies += 1
            return false
        }
        answers.append((request.shot, .success(.message(reply))))
        return true
    }

    /// The channel is gone, and the queue of the replies with it.
    mutating func lost(_ cause: AMQPError, into answers: inout [CallQueue.Resolution]) {
        let error = AMQPError(.unknown, "whether the request was dealt with is unknown: \(cause)", reply: cause.reply)
        for (id, request) in waiting where request.isSent {
            answers.append((request.shot, .failure(error)))
            waiting[id] = nil
        }
    }

    /// No reply will come any more.
    mutating func end(_ error: AMQPError, into answers: inout [CallQueue.Resolution]) {
        for request in waiting.values { answers.append((request.shot, .failure(error))) }
        waiting = [:]
    }
}
