package import AMQP
import Warren
import WarrenRuntime

/// Prints messages and counts them.
package final class TailPrinter: Sendable {
    private let console: Console
    private let exchange: String
    let wanted: Int?
    private let count = Locked(0)

    /// Prints as many as are wanted; `nil` for no end.
    package init(console: Console, exchange: String, wanted: Int?) {
        self.console = console
        self.exchange = exchange
        self.wanted = wanted
    }

    /// How many were printed so far.
    package var printed: Int { count.withLock { $0 } }

    /// Prints one message, with `flushing` to the last byte, and says why it was the last one, if it was.
    package func print(_ delivery: AMQPDelivery, flushing: Bool) async throws(CommandFailure) -> TailEnd? {
        var beside = JSONMembers()
        if let unreadable = delivery.unreadable { beside.append(key: TailLine.invalid, text: unreadable) }
        let line = TailLine.line(
            delivery.message,
            exchange: delivery.exchange,
            routingKey: delivery.routingKey,
            redelivered: delivery.redelivered,
            asked: exchange,
            beside: beside
        )
        do throws(OutputThread.Failure) {
            try await console.output.write(line)
            if flushing { try await console.output.flush() }
        } catch {
            guard error != .closed else { return .unread }
            throw CommandFailure(error)
        }
        let printed = count.withLock { count in
            count += 1
            return count
        }
        console.progress("\(printed) events")
        return printed == wanted ? .counted : nil
    }
}
