/// Where `tail` takes its messages from.
package enum TailSource: Sendable, Hashable {
    /// A queue of its own, bound to the exchange with these patterns.
    case exchange(patterns: [String])
    /// A queue of somebody else's, whose messages stay in it.
    case look(queue: String)
    /// The same, and its messages are taken out.
    case consume(queue: String)

    package init(_ arguments: Arguments) throws(CommandFailure) {
        guard let queue = arguments.value("--queue") else {
            guard !arguments.has("--ack") else { throw .usage("--ack takes messages out of a queue: give --queue") }
            guard !arguments.operands.isEmpty else {
                throw .usage("give at least one PATTERN, '#' for every event, or --queue")
            }
            if let long = arguments.operands.first(where: { $0.utf8.count > 255 }) {
                throw .usage("the pattern '\(long.prefix(20))…' is longer than 255 bytes")
            }
            self = .exchange(patterns: arguments.operands)
            return
        }
        // A pattern cannot filter a queue: what does not match would have to stay in it, or be lost.
        guard arguments.operands.allSatisfy({ $0 == "#" }) else {
            throw .usage("--queue prints all that the queue holds: give no PATTERN, or '#'")
        }
        guard !queue.isEmpty else { throw .usage("--queue needs the name of a queue") }
        self = arguments.has("--ack") ? .consume(queue: queue) : .look(queue: queue)
    }
}
