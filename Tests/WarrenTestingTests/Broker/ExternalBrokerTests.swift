import Glibc
import Testing

@testable import WarrenTesting

@Suite("A broker named by WARREN_TEST_URL")
struct ExternalBrokerTests {
    @Test("is used as it is, and is not ours to break")
    func external() async throws {
        let broker = LocalBroker(external: try BrokerAddress("amqp://user:p%40ss@rabbit.example:5673/v"))
        #expect(broker.url == "amqp://user:p%40ss@rabbit.example:5673/v")
        #expect(broker.port == 5673)
        #expect(broker.tlsURL == nil)
        #expect(broker.url(vhost: "a/b") == "amqp://user:p%40ss@rabbit.example:5673/a%2Fb")

        let verbs: [(LocalBroker.Node) async throws -> Void] = [
            { try await $0.kill() },
            { try await $0.shutDown() },
            { try await $0.restart() },
            { try $0.suspend() },
            { try $0.resume() },
            { try await $0.rabbitmqctl(["status"]) },
            { try await $0.evaluate("ok.") },
        ]
        for verb in verbs {
            let error = await #expect(throws: WarrenTestingError.self) { try await verb(broker.nodes[0]) }
            #expect(error?.code == .notOurBroker)
            #expect(error?.message.contains("WARREN_TEST_URL") == true)
        }
        await broker.stop()
    }

    @Test(
        "the host and port of a URL are read; the port may be the scheme's",
        arguments: [
            ("amqp://h", "h", 5672, false), ("amqps://h/", "h", 5671, true),
            ("amqp://h:1234?x=1", "h", 1234, false), ("amqp://u:p@[::1]:99/v", "::1", 99, false),
            ("amqps://[::1]", "::1", 5671, true), ("amqp://u@v:p@h:1/@", "h", 1, false),
        ]
    )
    func ports(url: String, host: String, port: Int, isTLS: Bool) throws {
        let address = try BrokerAddress(url)
        #expect(address.host == host)
        #expect(address.port == port)
        #expect(address.isTLS == isTLS)
    }

    @Test(
        "what is no AMQP URL is refused with the variable's name and without the password",
        arguments: ["", "http://u:secret@h", "amqp://u:secret@", "amqp://u:secret@h:x", "amqp://h:0", "amqp://h:65536"]
    )
    func refused(url: String) {
        let error = #expect(throws: WarrenTestingError.self) {
            try BrokerAddress(url, name: LocalBroker.variable)
        }
        #expect(error?.code == .invalidArgument)
        #expect(error?.message.contains("WARREN_TEST_URL") == true)
        #expect(error?.message.contains("secret") == false)
    }

    @Test("takes the place of the shared broker")
    func sharedIsExternal() async {
        await #expect(processExitsWith: .success) {
            setenv("WARREN_TEST_URL", "amqp://127.0.0.1:1234", 1)
            let broker = try await LocalBroker.shared()
            #expect(broker.port == 1234)
            #expect(broker.folder == nil)
        }
    }
}
