import AMQP
import Testing
import WarrenRuntime

@Suite("Resolving a host", .timeLimit(.minutes(1)))
struct ResolverTests {
    @Test("takes literals as they are", arguments: ["127.0.0.1", "::1", "2001:db8::7"])
    func literals(host: String) async throws {
        try await onThread {
            let addresses = try Resolver.resolve(host, port: 5672, patience: TestConnecting().patience()) { _, _ in
                .failed("a literal needs no look-up")
            }
            #expect(addresses.map(\.description) == [host.contains(":") ? "[\(host)]:5672" : "\(host):5672"])
        }
    }

    @Test("asks the system for names")
    func localhost() async throws {
        try await onThread {
            let addresses = try Resolver.resolve("localhost", port: 5671, patience: TestConnecting().patience())
            #expect(!addresses.isEmpty)
            #expect(addresses.allSatisfy { ["127.0.0.1:5671", "[::1]:5671"].contains($0.description) })
        }
    }

    @Test("says so when a name does not exist")
    func unknownName() async throws {
        // Two dots in a row are refused before any server is asked.
        let error = try await connectError(to: "no..such..host", port: 5672)
        #expect(error.kind == .resolve)
        #expect(error.message.hasPrefix("cannot resolve the host of no..such..host:5672: "))
    }

    @Test("says so when a name has no address")
    func noAddress() async throws {
        try await onThread {
            let error = try #require(throws: TransportError.self) {
                try Resolver.resolve("empty", port: 1, patience: TestConnecting().patience()) { _, _ in .addresses([]) }
            }
            #expect(error.kind == .resolve)
        }
    }

    @Test("ends at the deadline when the name server is silent")
    func silentServer() async throws {
        try await onThread {
            let release = try Waker()
            defer { release.wake() }
            let error = try #require(throws: TransportError.self) {
                try Resolver.resolve("slow", port: 1, patience: TestConnecting(within: .milliseconds(50)).patience()) {
                    _,
                    _ in
                    release.block()
                    return .failed("too late")
                }
            }
            #expect(error.kind == .timedOut)
            #expect(error.message.hasSuffix("gave up looking up the host name"))
        }
    }

    @Test("ends when the owner stops")
    func interrupted() async throws {
        let release = try Waker()
        let connecting = try TestConnecting()
        let error = try await onThread {
            try #require(throws: TransportError.self) {
                try Resolver.resolve("slow", port: 1, patience: connecting.patience()) { _, _ in
                    connecting.stop()
                    release.block()
                    return .failed("too late")
                }
            }
        }
        release.wake()
        #expect(error.kind == .interrupted)
    }
}
