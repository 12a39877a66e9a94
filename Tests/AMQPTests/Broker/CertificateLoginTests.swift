import AMQP
import Testing
import WarrenTesting

extension ClientTests.BrokerTests {
    @Suite("Mutual TLS, and a certificate instead of a password")
    struct CertificateLogin {
        @Test("The certificate's common name is the user; everything works as with a password")
        func external() async throws {
            try await withBroker { url, certificates in
                let own = try await certificates.issue(nil, commonName: user)
                try await AMQPClient.withClient(url: url.showing(own)) { client in
                    let queue = try await client.declare("external")
                    // The broker takes only the name of who is logged in.
                    var message = AMQPMessage("mine", properties: AMQPProperties(userID: user))
                    try await client.publish(message, to: "", routingKey: queue)
                    try await client.withConsumer(.queue(queue)) { deliveries in
                        let delivery = try await deliveries.first()
                        #expect(delivery.text == "mine" && delivery.properties.userID == user)
                        try delivery.ack()
                    }
                    message.properties.userID = "guest"
                    let error = await failure { try await client.publish(message, to: "", routingKey: queue) }
                    #expect(error?.code == .unknown && error?.reply?.code == 406)
                }
            }
        }

        @Test("A password still logs in where the certificate is only shown")
        func password() async throws {
            try await withBroker { url, certificates in
                var url = url.showing(try await certificates.issue(nil, commonName: "nobody"))
                url.authMechanism = .plain
                try await AMQPClient.withClient(url: url) { client in
                    try await client.publish(AMQPMessage("1"), to: "", routingKey: "nowhere", mandatory: false)
                }
            }
        }

        @Test("A certificate that is nobody's is refused as a login, one of another authority or none by TLS")
        func refused() async throws {
            try await withBroker { url, certificates in
                let nobody = try await certificates.issue(nil, commonName: "nobody")
                #expect(await refusal(url.showing(nobody))?.code == .loginRefused)
                let foreign = try await certificates.issue(nil, commonName: user, by: certificates.otherAuthority)
                for url in [url, url.showing(foreign)] {
                    let error = await refusal(url)
                    #expect(error?.code == .tlsFailed, "\(String(describing: error))")
                    #expect(error?.message.contains("client certificate") == true)
                }
            }
        }

        private static let user = "billing-service"
        private var user: String { Self.user }

        /// Lends the address of a broker that wants a certificate, with EXTERNAL as the mechanism.
        private func withBroker(_ body: (AMQPURL, TestCertificates) async throws -> Void) async throws {
            let (broker, certificates) = try await Self.shared.value
            var url = try AMQPURL("amqps://127.0.0.1:\(try #require(broker.tlsPort))")
            url.tls = certificates.trusting
            url.authMechanism = .external
            try await body(url, certificates)
        }

        /// Started by the first test; gone when the process ends.
        private static let shared = Task {
            let certificates = try await TestCertificates()
            let pair = try await certificates.issue("IP:127.0.0.1")
            var options = LocalBroker.Options()
            options.tls = LocalBroker.TLS(
                authorityFile: certificates.authority.certificate,
                certificateFile: pair.certificate,
                keyFile: pair.key,
                clients: .mayLogInWithCertificate
            )
            let broker = try await LocalBroker.start(options: options)
            try await broker.addUser(user, password: "never used")
            return (broker, certificates)
        }

        /// Why a client that must not wait gets no connection.
        private func refusal(_ url: AMQPURL) async -> AMQPError? {
            var configuration = AMQPClientConfiguration()
            configuration.reconnect.retriesFirst = false
            return await failure {
                try await AMQPClient.withClient(url: url, configuration: configuration) { client in
                    try await client.publish(AMQPMessage("1"), to: "", routingKey: "q")
                }
            }
        }
    }
}

extension AMQPURL {
    fileprivate func showing(_ pair: TestCertificates.Pair) -> AMQPURL {
        var url = self
        url.tls?.clientCertificate = .init(chainFile: pair.certificate, keyFile: pair.key)
        return url
    }
}
