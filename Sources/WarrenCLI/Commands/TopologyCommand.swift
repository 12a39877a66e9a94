import AMQP
import WarrenBridge
import WarrenRuntime

extension Command {
    package static let topologyPlan = Command(
        name: "topology plan",
        summary: "says what a configuration wants at the broker, and what is there",
        forms: ["topology plan [--config FILE] [options]"],
        options: [.config, .configuredURL, .configuredExchange],
        notes: """
            One line for each exchange, queue and binding: '+' is missing, '=' is there, '!' is there with other arguments,
            which the broker names, '~' is a binding, for which a broker cannot be asked. Nothing is changed.

            Wanted are the exchange, the queue of each service that event_routing names, those of the sinks that have one
            of their own, and a queue '<queue>.dead' for the dead letters of each.

            exit status: 0, or 1 when something is there with other arguments
            """
    ) { arguments, console async throws(CommandFailure) in
        try await TopologyCommand.run(arguments, console, applying: false)
    }

    package static let topologyApply = Command(
        name: "topology apply",
        summary: "declares what a configuration wants at the broker",
        forms: ["topology apply [--config FILE] [options]"],
        options: [.config, .configuredURL, .configuredExchange],
        notes: """
            Prints what 'topology plan' prints, and then declares what is missing, and every binding. Where something is
            there with other arguments nothing at all is declared: delete it first, when it is empty.

            exit status: 0, or 1 when something is there with other arguments
            """
    ) { arguments, console async throws(CommandFailure) in
        try await TopologyCommand.run(arguments, console, applying: true)
    }
}

enum TopologyCommand {
    static func run(
        _ arguments: Arguments,
        _ console: Console,
        applying: Bool
    ) async throws(CommandFailure) -> ExitStatus {
        guard arguments.operands.isEmpty else {
            throw .usage("takes no operands, but '\(arguments.operands[0])' is one")
        }
        let configuration = try BridgeConfiguration.given(by: arguments, console)
        guard configuration.eventBus.kind != .memory else {
            console.say("a bus of type 'memory' wants nothing at a broker")
            return .done
        }
        let address = BrokerAddress(url: configuration.rabbitMQ.url, exchange: configuration.rabbitMQ.exchange)
        return try await TerminationSignals.cancelling { () throws(CommandFailure) in
            try await Broker.use(address, console) { broker in
                let plan = try await TopologyPlan(configuration.topology, broker.client)
                console.say(TopologyPlan.legend)
                try await console.print(plan.lines.map { $0 + "\n" }.joined())
                guard !plan.hasConflicts else {
                    throw CommandFailure(
                        .failed,
                        "what is marked '!' has to go first\(applying ? "; nothing was declared" : "")"
                    )
                }
                guard applying else { return .done }
                for topology in configuration.topology { try await broker.client.apply(topology) }
                console.say(plan.isComplete ? "nothing was missing" : "declared what was missing")
                return .done
            }
        }
    }
}
