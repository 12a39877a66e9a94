import AMQP
import Glibc

/// Which broker and exchange a command talks to.
struct BrokerAddress: Sendable {
    static let defaultURL = "amqp://guest:guest@localhost:5672"
    static let defaultExchange = "events"

    let url: AMQPURL
    let exchange: String

    /// - Throws: what is wrong with the URL, and whose mistake it is: the caller's or the environment's.
    init(_ arguments: Arguments) throws(CommandFailure) {
        let environment = unsafe getenv("WARREN_URL").flatMap { unsafe String(validatingCString: $0) } ?? ""
        let given = arguments.value(CommandOption.url.name)
        do {
            url = try AMQPURL(given ?? (environment.isEmpty ? Self.defaultURL : environment))
        } catch {
            throw CommandFailure(given == nil ? .configuration : .usage, error.message)
        }
        exchange = arguments.value(CommandOption.exchange.name) ?? Self.defaultExchange
    }

    init(url: AMQPURL, exchange: String) {
        self.url = url
        self.exchange = exchange
    }
}
