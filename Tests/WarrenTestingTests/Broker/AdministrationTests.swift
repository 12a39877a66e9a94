import Testing

@testable import WarrenTesting

@Suite("The administration of a broker")
struct AdministrationTests {
    @Test("vhosts of any name come and go, with full rights for guest")
    func vhosts() async throws {
        let broker = try await LocalBroker.shared()
        let name = "a/b \"ü\" >>, halt(). \(UInt64.random(in: 0 ... .max))"
        let url = try await broker.addVhost(name)
        #expect(url.hasPrefix("\(broker.url)/a%2Fb%20%22%C3%BC%22%20%3E%3E%2C%20halt%28%29.%20"))
        #expect(try await broker.rabbitmqctl(["list_vhosts"]).contains(name))
        #expect(try await broker.rabbitmqctl(["list_permissions", "-p", name]).contains("guest\t.*\t.*\t.*"))
        try await broker.removeVhost(name)
        #expect(try await !broker.rabbitmqctl(["list_vhosts"]).contains(name))
    }

    @Test("a lent vhost is removed when the body throws")
    func lentVhost() async throws {
        struct Failure: Error {}
        let broker = try await LocalBroker.shared()
        var lent = ""
        await #expect(throws: Failure.self) {
            try await broker.withVhost { url in
                lent = String(url.split(separator: "/").last ?? "")
                throw Failure()
            }
        }
        #expect(!lent.isEmpty)
        #expect(try await !broker.rabbitmqctl(["list_vhosts"]).contains(lent))
    }

    @Test("What was declared is written to the disk when it is asked for")
    func settling() async throws {
        let broker = try await LocalBroker.shared()
        try await broker.withVhost { _ in try await broker.settle() }
    }

    @Test("Erlang that fails is an error with its reason")
    func evaluation() async throws {
        let broker = try await LocalBroker.shared()
        #expect(try await broker.nodes[0].evaluate("1 + 1.") == "2")
        let error = await #expect(throws: WarrenTestingError.self) {
            try await broker.nodes[0].evaluate("nowhere:nothing().")
        }
        #expect(error?.code == .commandFailed)
        #expect(error?.message.contains("nowhere") == true)
    }

    @Test("a command that fails is an error with what it printed")
    func failingCommand() async throws {
        let broker = try await LocalBroker.shared()
        let error = await #expect(throws: WarrenTestingError.self) {
            try await broker.rabbitmqctl(["delete_vhost", "no-such-vhost"])
        }
        #expect(error?.code == .commandFailed)
        #expect(error?.message.contains("does not exist") == true)
    }

    @Test("a command that takes too long is killed")
    func slowCommand() async throws {
        let broker = try await LocalBroker.shared()
        let error = await #expect(throws: WarrenTestingError.self) {
            try await broker.nodes[0].evaluate("timer:sleep(60000).", within: .milliseconds(300))
        }
        #expect(error?.message.contains("killed") == true)
    }

    @Test("an added user can log in")
    func users() async throws {
        let broker = try await LocalBroker.shared()
        let name = "user-\(UInt64.random(in: 0 ... .max))"
        try await broker.addUser(name, password: "a b")
        #expect(try await broker.rabbitmqctl(["authenticate_user", name, "a b"]).contains("Success"))
    }
}
