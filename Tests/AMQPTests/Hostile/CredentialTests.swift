import AMQP
import Testing
import WarrenTesting

extension ClientTests.HostileTests {
    @Suite("Who logs in")
    struct Credentials {
        private struct Failure: Error {}

        /// Keeps what clients log in with.
        private static func loggingIn(_ responses: Shared<[String]>) -> Script {
            { connection in
                let login = try await connection.handshake(.withoutHeartbeat)
                let words = login.response.split(separator: 0).map { String(decoding: $0, as: UTF8.self) }
                responses.change { $0.append(words.joined(separator: ":")) }
                try await connection.serve()
            }
        }

        @Test("A provider is asked before each login")
        func provider() async throws {
            let (responses, count) = (Shared<[String]>([]), Shared(0))
            var configuration = AMQPClientConfiguration.persistent
            configuration.credentials = AMQPCredentialsProvider {
                try await Task.sleep(for: .milliseconds(20))
                count.change { $0 += 1 }
                return AMQPCredentials(user: "ann", password: "token \(count.value)")
            }
            try await withScript(Self.loggingIn(responses), configuration) { client, broker in
                try await client.publishAnything()
                for connection in broker.connections { connection.close() }
                try await eventually("it logs in again") { responses.value.count == 2 }
                #expect(responses.value == ["ann:token 1", "ann:token 2"])
            }
        }

        @Test("A provider that throws, or does not answer in time, is asked again, and the error says so")
        func providerFails() async throws {
            let (responses, count) = (Shared<[String]>([]), Shared(0))
            var configuration = AMQPClientConfiguration.persistent
            configuration.connectTimeout = .milliseconds(200)
            configuration.credentials = AMQPCredentialsProvider {
                count.change { $0 += 1 }
                switch count.value {
                case 1: throw Failure()
                case 2: try await Task.sleep(for: .seconds(60))
                default: break
                }
                return AMQPCredentials(user: "ann", password: "\(count.value)")
            }
            try await withScript(Self.loggingIn(responses), configuration) { client, _ in
                let log = EventLog(client)
                try await client.publishAnything()
                #expect(responses.value == ["ann:3"])
                let errors = log.all(.disconnected).compactMap(\.error)
                #expect(errors.allSatisfy { $0.code == .noCredentials })
            }
        }

        @Test("A login refused with a provider's credentials is tried once more, then it is final")
        func refusedTwice() async throws {
            let refuse: Script = { connection in
                try await connection.handshake(.withoutHeartbeat, upTo: .startOk)
                connection.sendConnectionClose(403, "ACCESS_REFUSED")
                try await connection.ended()
            }
            let count = Shared(0)
            var configuration = AMQPClientConfiguration.persistent
            configuration.credentials = AMQPCredentialsProvider {
                count.change { $0 += 1 }
                return AMQPCredentials(user: "ann", password: "x")
            }
            try await withScript(first(refuse), configuration) { client, _ in
                try await client.publishAnything()
                #expect(count.value == 2)
            }
            try await withScript(refuse, configuration) { client, _ in
                let error = await failure { try await client.publishAnything() }
                #expect(error?.code == .loginRefused)
                #expect(count.value == 4)
            }
        }

        @Test("A login refused to a client that was connected before is tried again")
        func refusedLater() async throws {
            let next = Shared(0)
            let responses = Shared<[String]>([])
            let script: Script = { connection in
                next.change { $0 += 1 }
                guard (2...4).contains(next.value) else { return try await Self.loggingIn(responses)(connection) }
                try await connection.handshake(.withoutHeartbeat, upTo: .startOk)
                connection.sendConnectionClose(403, "ACCESS_REFUSED")
                try await connection.ended()
            }
            try await withScript(script, .persistent) { client, broker in
                try await client.publishAnything()
                for connection in broker.connections { connection.close() }
                try await eventually("it is let in again") { responses.value.count == 2 }
                try await client.publishAnything()
            }
        }

        @Test("A first login on the second connection is tried again, whatever refuses it", arguments: [403, 530, 0])
        func refusedOnSecond(code: UInt16) async throws {
            let next = Shared(0)
            let responses = Shared<[String]>([])
            let script: Script = { connection in
                next.change { $0 += 1 }
                guard next.value == 2 else { return try await Self.loggingIn(responses)(connection) }
                guard code > 0 else { return connection.close() }
                try await connection.handshake(.withoutHeartbeat, upTo: code == 403 ? .startOk : .open)
                connection.sendConnectionClose(code, "NOT_ALLOWED - vhost test not found")
                try await connection.ended()
            }
            var configuration = AMQPClientConfiguration.persistent
            configuration.reconnect.retriesFirst = false
            try await withScript(script, configuration) { client, _ in
                try await client.publishAnything()
                try await client.withConsumer("q") { _ in }
                try await client.publishAnything()
                #expect(next.value == 3)
            }
        }

        @Test("A new secret is sent on both connections, with its reason, and used for later logins")
        func updateSecret() async throws {
            let responses = Shared<[String]>([])
            try await withScript(Self.loggingIn(responses), .persistent) { client, broker in
                try await client.publishAnything()
                try await client.apply([.queue("q", .classic)])
                try await client.updateSecret("n3w", reason: "rotation")
                let updates = broker.connections.flatMap { $0.frames(.connectionUpdateSecret) }
                #expect(updates.count == 2)
                for update in updates {
                    var arguments = update.arguments
                    #expect(try arguments.longString() == Array("n3w".utf8))
                    #expect(try arguments.shortString() == "rotation")
                }
                for connection in broker.connections { connection.close() }
                try await eventually("both log in again") { responses.value.count == 4 }
                #expect(responses.value.suffix(2) == ["guest:n3w", "guest:n3w"])
            }
        }

        @Test("A secret that the broker refuses is forgotten; one that is too long to send too")
        func refusedSecret() async throws {
            let responses = Shared<[String]>([])
            let refusing: Script = { connection in
                try await connection.handshake(.withoutHeartbeat)
                try await connection.serve { frame in
                    guard frame.method == .connectionUpdateSecret else { return false }
                    connection.sendConnectionClose(530, "NOT_ALLOWED - New secret was refused by one of the backends")
                    return true
                }
            }
            let next = Shared(0)
            let script: Script = { connection in
                next.change { $0 += 1 }
                let script = next.value == 1 ? refusing : Self.loggingIn(responses)
                try await script(connection)
            }
            try await withScript(script, .persistent) { client, _ in
                try await client.publishAnything()
                let error = await failure { try await client.updateSecret("n3w", reason: "") }
                #expect(error?.code == .loginRefused && error?.reply?.code == 530)
                #expect(error?.description.contains("n3w") == false)
                try await client.publishAnything()
                #expect(responses.value == ["guest:guest"])
                let long = String(repeating: "x", count: 300)
                #expect(await failure { try await client.updateSecret("x", reason: long) }?.code == .invalidArgument)
            }
        }

        @Test("An empty challenge is answered, any other ends the login with a clear error")
        func challenges() async throws {
            let answered = Shared<[UInt8]?>(nil)
            let script: Script = { connection in
                try await connection.handshake(.withoutHeartbeat, upTo: .startOk)
                connection.send(.connectionSecure) { $0.longString("") }
                var arguments = try await connection.next(.connectionSecureOk).arguments
                let response = try arguments.longString()
                answered.change { $0 = response }
                connection.send(.connectionSecure) { $0.longString("and now?") }
                try await connection.ended()
            }
            var configuration = AMQPClientConfiguration.impatient
            configuration.reconnect.retriesFirst = false
            try await withScript(script, configuration) { client, _ in
                let error = await failure { try await client.publishAnything() }
                #expect(error?.code == .notSupported && error?.message.contains("second login step") == true)
                #expect(answered.value == [0] + Array("guest".utf8) + [0] + Array("guest".utf8))
            }
        }
    }
}
