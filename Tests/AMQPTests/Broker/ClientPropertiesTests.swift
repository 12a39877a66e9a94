import AMQP
import Testing
import WarrenTesting

extension ClientTests.BrokerTests {
    @Suite("What a client says of itself")
    struct ClientProperties {
        @Test("The broker shows the program's own properties beside the client's, or instead of them")
        func shown() async throws {
            let team = "team \(UInt64.random(in: 0 ... .max))"
            var configuration = AMQPClientConfiguration()
            configuration.clientProperties = [
                "product": "Billing", "team": .string(team), "capabilities": .table(["basic.nack": false]),
            ]
            try await withClient(configuration) { client in
                _ = try await client.declare()
                let broker = try await LocalBroker.shared()
                let shown = try await broker.nodes[0].evaluate(
                    """
                    lists:usort([{lists:member({<<"product">>, longstr, <<"Billing">>}, P),
                      lists:member({<<"platform">>, longstr, <<"Swift">>}, P),
                      lists:member({<<"basic.nack">>, bool, true}, element(3, lists:keyfind(<<"capabilities">>, 1, P)))}
                     || [{client_properties, P}] <- rabbit_networking:connection_info_all([client_properties]),
                        lists:member({<<"team">>, longstr, <<"\(team)">>}, P)]).
                    """
                )
                #expect(shown.filter { !$0.isWhitespace } == "[{true,true,true}]")
            }
        }

        @Test("What a broker would not take before the login is refused at once")
        func refused() {
            for (properties, word): (AMQPTable, String) in [
                (["note": .string(String(repeating: "x", count: 2048))], "2048"),
                ([String(repeating: "k", count: 256): 1], "255"),
            ] {
                var configuration = AMQPClientConfiguration()
                configuration.clientProperties = properties
                let error = #expect(throws: AMQPError.self) {
                    try AMQPClient(url: "amqp://localhost", configuration: configuration)
                }
                #expect(error?.code == .invalidConfiguration)
                #expect(error?.message.contains(word) == true, "\(String(describing: error))")
            }
        }
    }
}
