import AMQP
import Testing
import WarrenTesting

extension ClientTests.BrokerTests {
    @Suite("TLS")
    struct TLS {
        @Test("amqps to an address, with the address in the certificate: everything works as without TLS")
        func address() async throws {
            try await withTLSBroker { url, _ in
                try await AMQPClient.withClient(url: url) { client in
                    let queue = try await client.declare()
                    for size in [0, 1, 16_384, 131_064, 131_065, 8 << 20] {
                        let body = (0..<size).map { UInt8(truncatingIfNeeded: $0 &* 31 &+ $0 >> 8) }
                        try await client.publish(AMQPMessage(body: body), to: "", routingKey: queue)
                        let arrived = try await client.withConsumer(.queue(queue)) { deliveries in
                            let delivery = try await deliveries.first()
                            try delivery.ack()
                            return delivery.body
                        }
                        #expect(arrived == body, "a body of \(size) bytes")
                    }
                    let (tasks, each) = (100, scaled(50, full: 1000))
                    try await inParallel(tasks) { task in
                        for number in 0..<each {
                            try await client.publish(AMQPMessage("\(task).\(number)"), to: "", routingKey: queue)
                        }
                    }
                    let bodies = try await client.drain(queue, count: tasks * each)
                    #expect(bodies.values.allSatisfy { $0 == 1 })
                }
            }
        }

        @Test("A certificate for another host is refused, and the sentence names both")
        func otherHost() async throws {
            try await withTLSBroker { url, _ in
                var url = url
                url.tls?.serverName = "wanted.example"
                let error = await refusal(url)
                #expect(error?.code == .tlsFailed)
                #expect(error?.message.contains("wanted.example") == true)
                #expect(error?.message.contains("other.example") == true)
            }
        }

        @Test("An authority that is not trusted is refused")
        func otherAuthority() async throws {
            try await withTLSBroker { url, certificates in
                var url = url
                url.tls?.trustRoots = .file(certificates.otherAuthority.certificate)
                let error = await refusal(url)
                #expect(error?.code == .tlsFailed && error?.message.contains("127.0.0.1") == true)
            }
        }

        @Test("TLS against a plain port, and the other way round, end with an error that says so, by the deadline")
        func wrongPort() async throws {
            let broker = try await LocalBroker.shared()
            let plain = await refusal(try AMQPURL("amqps://127.0.0.1:\(broker.port)"))
            #expect(plain?.code == .tlsFailed || plain?.code == .unreachable)
            #expect(plain?.message.contains("127.0.0.1:\(broker.port)") == true)
            try await withTLSBroker { url, _ in
                var url = url
                url.tls = nil
                let error = await refusal(url)
                #expect(error?.code == .unreachable || error?.code == .protocolViolation)
            }
        }

        /// Why a client that must not wait gets no connection.
        private func refusal(_ url: AMQPURL) async -> AMQPError? {
            var configuration = AMQPClientConfiguration()
            configuration.reconnect.retriesFirst = false
            configuration.connectTimeout = .seconds(3)
            return await failure {
                try await AMQPClient.withClient(url: url, configuration: configuration) { client in
                    try await client.publish(AMQPMessage("1"), to: "", routingKey: "q")
                }
            }
        }

        /// Lends the address of a broker with a certificate for 127.0.0.1 and for other.example.
        private func withTLSBroker(_ body: (AMQPURL, TestCertificates) async throws -> Void) async throws {
            let (broker, certificates) = try await Self.shared.value
            var url = try AMQPURL("amqps://127.0.0.1:\(try #require(broker.tlsPort))")
            url.tls = certificates.trusting
            try await body(url, certificates)
        }

        /// Started by the first test; gone when the process ends.
        private static let shared = Task {
            let certificates = try await TestCertificates()
            let pair = try await certificates.issue("IP:127.0.0.1,DNS:other.example")
            var options = LocalBroker.Options()
            options.tls = LocalBroker.TLS(
                authorityFile: certificates.authority.certificate,
                certificateFile: pair.certificate,
                keyFile: pair.key
            )
            return (try await LocalBroker.start(options: options), certificates)
        }
    }
}
