import Foundation
import Glibc
import Testing
import WarrenTesting

@Suite("A command that is stopped while it connects")
struct SignalEndToEndTests {
    @Test(
        "gives up at the first signal, and does not wait for a broker that says nothing",
        arguments: [
            (["publish", "Order.Paid", "--data", "1"], "warren publish: stopped by SIGTERM: "),
            (["topology", "plan"], "warren topology plan: stopped by SIGTERM: "),
            (["dead", "list", "billing"], "warren dead list: stopped by SIGTERM: "),
            (["tail", "#"], "stopped by SIGTERM with 0 events"),
        ]
    )
    func silentBroker(arguments: [String], message: String) async throws {
        let (broker, folder) = (try ScriptedBroker(), try TemporaryFolder(prefix: "signals"))
        var arguments = arguments
        if arguments[0] == "topology" {
            let file = folder.path(of: "warren.yaml")
            try "service: shop".write(toFile: file, atomically: true, encoding: .utf8)
            arguments += ["--config", file]
        }
        let program = try RunningProgram.warren(arguments + ["--url", broker.url])
        let connection = try await broker.accept()
        program.signal(SIGTERM)
        let result = try await program.ended()
        #expect(result.status == (arguments[0] == "tail" ? 0 : 1) && result.output == "")
        #expect(result.errors.hasPrefix(message), "\(result.errors)")
        withExtendedLifetime(connection) {}
    }
}
