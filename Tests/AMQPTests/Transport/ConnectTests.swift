import AMQP
import Glibc
import Testing
import WarrenRuntime
import WarrenTesting

@Suite("Connecting", .timeLimit(.minutes(1)))
struct ConnectTests {
    private func literal(_ host: String, _ port: UInt16) throws -> SocketAddress {
        guard case .addresses(let addresses) = Resolver.systemLookUp(host, port: port, flags: AI_NUMERICHOST) else {
            throw TransportError(.resolve, host)
        }
        return try #require(addresses.first)
    }

    /// A port of the loopback where nobody listens: the holder is bound to it and does not.
    private func deafPort() throws -> (port: UInt16, holder: TestPeer) {
        let listener = try TestListener()
        let client = try TestPeer.dial(listener.port)
        let accepted = try listener.accept()
        var address = sockaddr_in()
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let code = unsafe withUnsafeMutablePointer(to: &address) { address in
            unsafe address.withMemoryRebound(to: sockaddr.self, capacity: 1) { address in
                unsafe getsockname(client.descriptor, address, &length)
            }
        }
        try #require(code == 0)
        withExtendedLifetime(accepted) {}
        return (UInt16(bigEndian: address.sin_port), client)
    }

    @Test("A refused connection is an error at once that names host, port and reason")
    func refused() async throws {
        let (port, holder) = try deafPort()
        let error = try await connectError(port: port)
        #expect(error.kind == .connect)
        #expect(
            error.message == "cannot connect to 127.0.0.1:\(port): 127.0.0.1:\(port): Connection refused"
        )
        withExtendedLifetime(holder) {}
    }

    @Test("A host that swallows packets is an error at the deadline, which says what was tried")
    func blackHole() async throws {
        try await onThread {
            let (listener, fillers) = try TestListener.blackHole()
            let started = SystemClock().now
            let connecting = try TestConnecting(within: .milliseconds(300))
            let error = try #require(throws: TransportError.self) {
                try connecting.connect(port: listener.port)
            }
            #expect(started.duration(until: connecting.clock.now) >= .milliseconds(300))
            #expect(error.kind == .timedOut)
            #expect(error.message.hasPrefix("127.0.0.1:\(listener.port) gave no answer within "))
            #expect(error.message.hasSuffix("gave up connecting to 127.0.0.1:\(listener.port)"))
            withExtendedLifetime(fillers) {}
        }
    }

    @Test("The deadline is that of the given clock")
    func manualClock() async throws {
        let (listener, fillers) = try TestListener.blackHole()
        let clock = HeldClock()
        let connecting = try TestConnecting(clock: clock, within: .seconds(3600))
        let registration = clock.onJump { connecting.interrupt.wake() }
        async let failure = onThread {
            try #require(throws: TransportError.self) {
                try connecting.connect(port: listener.port)
            }
        }
        clock.advance(by: .seconds(3600))
        #expect(try await failure.kind == .timedOut)
        withExtendedLifetime((registration, fillers)) {}
    }

    @Test("The interrupt ends a connect that hangs")
    func interrupted() async throws {
        let (listener, fillers) = try TestListener.blackHole()
        let connecting = try TestConnecting()
        async let failure = onThread {
            try #require(throws: TransportError.self) { try connecting.connect(port: listener.port) }
        }
        connecting.stop()
        #expect(try await failure.kind == .interrupted)
        withExtendedLifetime(fillers) {}
    }

    @Test("A wake-up that is no stop does not end a connect")
    func wokenForNothing() async throws {
        let listener = try TestListener()
        let connecting = try TestConnecting()
        connecting.interrupt.wake()
        try await onThread {
            let transport = try connecting.connect(port: listener.port)
            #expect(transport.descriptor >= 0)
        }
    }

    @Test("When the first address refuses, the next is tried at once")
    func fallback() async throws {
        try await onThread {
            let listener = try TestListener()
            // Nobody listens on this port of the IPv6 loopback; a machine without IPv6 refuses in its own way.
            let addresses = [try literal("::1", listener.port), try literal("127.0.0.1", listener.port)]
            let connecting = try TestConnecting(clock: HeldClock())
            var race = ConnectRace(addresses, patience: connecting.patience())
            let socket = try race.run()
            #expect(socket.descriptor >= 0)
            _ = try listener.accept()
        }
    }

    @Test(
        "When the first address is silent, the next is tried after a quarter of a second, those after refusals at once"
    )
    func stagger() async throws {
        let (port, holder) = try deafPort()
        try await onThread {
            let (hole, fillers) = try TestListener.blackHole()
            let listener = try TestListener()
            let silent = try literal("127.0.0.1", hole.port)
            let refusing = try literal("127.0.0.1", port)
            let answering = try literal("127.0.0.1", listener.port)
            let addresses = [silent] + Array(repeating: refusing, count: 14) + [answering]
            let connecting = try TestConnecting()
            let started = connecting.clock.now
            var race = ConnectRace(addresses, patience: connecting.patience())
            let socket = try race.run()
            let waited = started.duration(until: connecting.clock.now)
            #expect(waited >= ConnectRace.stagger)
            #expect(waited < ConnectRace.stagger * 14)
            #expect(socket.descriptor >= 0)
            _ = try listener.accept()
            withExtendedLifetime(fillers) {}
        }
        withExtendedLifetime(holder) {}
    }

    @Test("When every address fails, each is in the error with its reason")
    func allFail() async throws {
        let (port, holder) = try deafPort()
        try await onThread {
            let addresses = [try literal("127.0.0.1", port), try literal("127.0.0.2", port)]
            var race = ConnectRace(addresses, patience: try TestConnecting().patience())
            let error = try #require(throws: TransportError.self) { try race.run() }
            #expect(error.kind == .connect)
            #expect(error.message.contains("127.0.0.1:\(port): Connection refused"))
            #expect(error.message.contains("127.0.0.2:\(port): Connection refused"))
        }
        withExtendedLifetime(holder) {}
    }

    @Test("Addresses of both families take turns, and the resolver's first stays first")
    func interleaved() throws {
        let six = try (1...3).map { try literal("2001:db8::\($0)", 1) }
        let four = try (1...2).map { try literal("192.0.2.\($0)", 1) }
        let order = SocketAddress.interleaved(six + four)
        #expect(order == [six[0], four[0], six[1], four[1], six[2]])
        #expect(SocketAddress.interleaved([]) == [])
        #expect(SocketAddress.interleaved(four) == four)
        #expect(order.map(\.description).prefix(2) == ["[2001:db8::1]:1", "192.0.2.1:1"])
    }

    @Test("A socket that has met itself is noticed")
    func selfConnect() async throws {
        try await onThread {
            let own = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
            let itself = Socket(adopting: own)
            var address = sockaddr_in()
            address.sin_family = sa_family_t(AF_INET)
            address.sin_addr.s_addr = INADDR_LOOPBACK.bigEndian
            let code = unsafe withUnsafeMutablePointer(to: &address) { address in
                unsafe address.withMemoryRebound(to: sockaddr.self, capacity: 1) { address in
                    var length = socklen_t(MemoryLayout<sockaddr_in>.size)
                    return unsafe bind(own, address, length) == 0 && getsockname(own, address, &length) == 0
                        && connect(own, address, length) == 0
                }
            }
            try #require(code)
            #expect(itself.isConnectedToItself)
        }
        try await onThread {
            let listener = try TestListener()
            let other = try TestPeer.dial(listener.port)
            let accepted = try listener.accept()
            #expect(!Socket(adopting: dup(accepted.descriptor)).isConnectedToItself)
            withExtendedLifetime(other) {}
        }
    }
}
