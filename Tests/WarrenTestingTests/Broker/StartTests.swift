import Testing

@testable import WarrenTesting

@Suite("The start of a broker")
struct StartTests {
    @Test("a broker that does not come up is an error with the end of its log, and leaves nothing")
    func badConfiguration() async throws {
        let options = LocalBroker.Options(configuration: ["no_such_setting = 1"])
        let error = await #expect(throws: WarrenTestingError.self) {
            try await LocalBroker.start(options: options)
        }
        #expect(error?.code == .startFailed)
        #expect(error?.message.contains("no_such_setting") == true)
        #expect(!exists("erl_crash.dump"))
    }

    @Test("without RabbitMQ on the machine the error names the package")
    func missing() {
        let error = #expect(throws: WarrenTestingError.self) {
            try BrokerInstallation.find(in: ["/nowhere"])
        }
        #expect(error?.code == .brokerMissing)
        #expect(error?.message.contains("install the package rabbitmq-server") == true)
    }

    @Test("a broker of no node is refused")
    func noNode() async {
        let error = await #expect(throws: WarrenTestingError.self) { try await LocalBroker.start(nodes: 0) }
        #expect(error?.code == .invalidArgument)
    }

    @Test("a cancelled start throws and leaves nothing")
    func cancelled() async throws {
        let start = Task { try await LocalBroker.start() }
        start.cancel()
        await #expect(throws: CancellationError.self) { _ = try await start.value }
        try await eventually("no zombie is left") { zombies().isEmpty }
    }

    @Test("three nodes form one cluster, and it outlives a killed node")
    func cluster() async throws {
        try await LocalBroker.withBroker(nodes: 3) { broker in
            #expect(Set(broker.nodes.map(\.port)).count == 3)
            let running = "lists:sort(mnesia:system_info(running_db_nodes))."
            let all = try await broker.nodes[2].evaluate(running)
            #expect(all == "[warren1@localhost, warren2@localhost, warren3@localhost]")
            try await broker.nodes[0].kill()
            try await eventually("the others see that it is gone") {
                try await broker.nodes[1].evaluate(running) == "[warren2@localhost, warren3@localhost]"
            }
            try await broker.nodes[0].restart()
            try await eventually("the others see that it is back") {
                try await broker.nodes[1].evaluate(running) == all
            }
        }
    }
}
