import Glibc

/// Which broker and exchange a command talks to.
package struct BrokerAddress: Sendable {
    package static let defaultURL = "amqp://guest:guest@localhost:5672"
    package static let defaultExchange = "events"

    package let url: String
    /// What a malformed URL is: the caller's mistake, or the environment's.
    package let blame: ExitStatus
    package let exchange: String

    package init(_ arguments: Arguments) {
        let environment = unsafe getenv("WARREN_URL").flatMap { unsafe String(validatingCString: $0) } ?? ""
        if let given = arguments.value(CommandOption.url.name) {
            (url, blame) = (given, .usage)
        } else if !environment.isEmpty {
            (url, blame) = (environment, .configuration)
        } else {
            (url, blame) = (Self.defaultURL, .usage)
        }
        exchange = arguments.value(CommandOption.exchange.name) ?? Self.defaultExchange
    }
}
