import Foundation
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

    @Test("with another root nothing of the machine is taken")
    func otherRoot() throws {
        let root = try TemporaryFolder()
        let (scripts, erlang) = (root.path(of: "usr/lib/rabbitmq/bin"), root.path(of: "usr/lib/erlang/bin"))
        for folder in [scripts, erlang] {
            try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        }
        for program in ["\(scripts)/rabbitmq-server", "\(scripts)/rabbitmqctl", "\(erlang)/epmd"] {
            #expect(throws: WarrenTestingError.self) { try BrokerInstallation.find(root: root.path) }
            let attributes: [FileAttributeKey: Any] = [.posixPermissions: 0o755]
            #expect(FileManager.default.createFile(atPath: program, contents: nil, attributes: attributes))
        }
        let found = try BrokerInstallation.find(root: root.path)
        #expect(found.server == "\(scripts)/rabbitmq-server")
        #expect(found.control == "\(scripts)/rabbitmqctl")
        #expect(found.portMapper == "\(erlang)/epmd")
        #expect(found.call == nil)
        #expect(found.searchPath.first == erlang)
    }

    @Test("the broker that runs is the one that was found")
    func version() async throws {
        let home = try #require(try BrokerInstallation.find().home)
        let version = try await LocalBroker.shared().nodes[0].evaluate("rabbit:base_product_version().")
        #expect(home.hasSuffix("/rabbitmq_server-\(version.trimmingPrefix("\"").prefix { $0 != "\"" })"))
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
