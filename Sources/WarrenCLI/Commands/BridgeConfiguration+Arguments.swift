import AMQP
import FoundationEssentials
import WarrenBridge

extension BridgeConfiguration {
    /// The file that was named, or the default one; what else was given overrides it.
    ///
    /// Warnings are said.
    ///
    /// - Throws: what is wrong with it, all of it, one problem a line.
    static func given(by arguments: Arguments, _ console: Console) throws(CommandFailure) -> BridgeConfiguration {
        let path = arguments.value(CommandOption.config.name) ?? "warren.yaml"
        var configuration: BridgeConfiguration
        do {
            configuration = try load(path: path, environment: ProcessInfo.processInfo.environment)
        } catch {
            for problem in error.problems.dropLast() { console.say("\(problem)") }
            throw CommandFailure(.configuration, "\(error.problems.last.map { "\($0)" } ?? path)")
        }
        for problem in configuration.warnings { console.say(problem.warning) }
        if let url = arguments.value("--url") {
            do {
                configuration.rabbitMQ.url = try AMQPURL(url)
            } catch {
                throw .usage(error.message)
            }
        }
        if let exchange = arguments.value("--exchange") {
            guard (1...255).contains(exchange.utf8.count) else {
                throw .usage("--exchange needs a name of 1 to 255 bytes")
            }
            configuration.rabbitMQ.exchange = exchange
        }
        return configuration
    }
}
