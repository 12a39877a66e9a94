import Foundation
import Testing
import WarrenTesting

@Suite("warren, when there is no way to the broker")
struct FailureEndToEndTests {
    /// The URL of the shared broker with something changed.
    private func url(_ change: (inout URLComponents) -> Void) async throws -> String {
        var components = try #require(URLComponents(string: try await LocalBroker.shared().url))
        change(&components)
        return try #require(components.string)
    }

    @Test("says in one sentence that the login was refused, without the password")
    func login() async throws {
        let url = try await url { $0.password = "hunter2" }
        for arguments in [["publish", "a", "--data", "1"], ["tail", "#"]] {
            let result = try await RunningProgram.warren(arguments + ["--url", url]).finish()
            #expect(result.status == 69)
            #expect(result.output == "")
            #expect(result.errors.hasPrefix("warren \(arguments[0]): 127.0.0.1:"))
            #expect(result.errors.contains("refused the login of user 'guest'"))
            #expect(result.errors.filter { $0 == "\n" }.count == 1 && !result.errors.contains("hunter2"))
        }
    }

    @Test("says that the virtual host is not there")
    func vhost() async throws {
        let url = try await url { $0.path = "/no-such-vhost" }
        let result = try await RunningProgram.warren(["tail", "#"], url: url).finish()
        #expect(result.status == 69)
        #expect(result.errors.contains("'no-such-vhost'"))
    }

    @Test("says that nobody listens there, and that the name is unknown")
    func unreachable() async throws {
        let refused = try await RunningProgram.warren(["publish", "a", "--data", "1", "--url", "amqp://127.0.0.1:1"])
            .finish()
        #expect(refused.status == 69)
        #expect(refused.errors.contains("127.0.0.1:1") && refused.errors.contains("Connection refused"))
        let unknown = try await RunningProgram.warren(["tail", "#", "--url", "amqp://no-such-host.invalid"]).finish()
        #expect(unknown.status == 69)
        #expect(unknown.errors.contains("no-such-host.invalid"))
    }

    @Test("says that the port does not speak TLS")
    func tls() async throws {
        let url = try await url { $0.scheme = "amqps" }
        let result = try await RunningProgram.warren(["tail", "#"], url: url).finish()
        #expect(result.status == 69)
        #expect(result.errors.contains("TLS"))
    }

    @Test("tells a bad URL on the command line from one in the environment, and quotes no password")
    func badURL() async throws {
        let bad = "http://user:hunter2@host"
        let given = try await RunningProgram.warren(["tail", "#", "--url", bad]).finish()
        #expect(given.status == 64 && !given.errors.contains("hunter2"))
        let inherited = try await RunningProgram.warren(["doctor"], url: bad).finish()
        #expect(inherited.status == 78 && !inherited.errors.contains("hunter2"))
    }

    @Test("needs no broker to explain itself")
    func help() async throws {
        let version = try await RunningProgram.warren(["--version"]).finish()
        #expect(version.status == 0 && version.output == "warren 0.1.0\n")
        for command in ["publish", "tail", "doctor"] {
            let help = try await RunningProgram.warren([command, "--help"]).finish()
            #expect(help.status == 0 && help.errors == "")
            #expect(help.output.contains("usage: warren \(command)") && help.output.contains("--url URL"))
        }
        let unknown = try await RunningProgram.warren(["frobnicate"]).finish()
        #expect(unknown.status == 64 && unknown.errors == "warren: unknown command 'frobnicate'\ntry 'warren --help'\n")
    }
}

@Suite("warren doctor")
struct DoctorEndToEndTests {
    private func checks(_ result: RunningProgram.Result) -> [String] {
        result.output.split(separator: "\n").map { $0.split(separator: " ").prefix(2).joined(separator: " ") }
    }

    @Test("finds nothing wrong with a healthy broker, and leaves nothing behind")
    func healthy() async throws {
        try await LocalBroker.shared().withVhost { url in
            let result = try await RunningProgram.warren(["doctor"], url: url).finish()
            #expect(result.status == 0 && result.errors == "")
            #expect(
                checks(result) == [
                    "url ok", "dns ok", "tcp ok", "login ok", "vhost ok", "broker ok", "permissions ok", "alarms ok",
                    "exchange ok",
                ]
            )
            #expect(result.output.firstMatch(of: /broker +ok +RabbitMQ \d+\.\d+\.\d+, frames up to \d+ bytes/) != nil)
            #expect(result.output.contains("guest:***@") && result.output.contains("'events' does not exist"))
            let again = try await RunningProgram.warren(["doctor"], url: url).finish()
            #expect(again.output.contains("'events' does not exist"))
        }
    }

    @Test("names the step that fails, and those before it that do not")
    func steps() async throws {
        let broker = try await LocalBroker.shared()
        let plain = broker.url
        let login = plain.replacingOccurrences(of: "guest:guest@", with: "guest:hunter2@")
        let cases: [(url: String, checks: [String])] = [
            ("amqp://no-such-host.invalid", ["url ok", "dns failed"]),
            ("amqp://127.0.0.1:1", ["url ok", "dns ok", "tcp failed"]),
            (plain.replacingOccurrences(of: "amqp:", with: "amqps:"), ["url ok", "dns ok", "tcp ok", "tls failed"]),
            (login, ["url ok", "dns ok", "tcp ok", "login failed"]),
            (broker.url(vhost: "none"), ["url ok", "dns ok", "tcp ok", "login ok", "vhost failed"]),
        ]
        for (url, expected) in cases {
            let result = try await RunningProgram.warren(["doctor"], url: url).finish()
            #expect(result.status == 69)
            #expect(checks(result) == expected)
            #expect(!result.output.contains("hunter2"))
        }
        let literal = try await RunningProgram.warren(["doctor"], url: "amqp://127.0.0.1:1").finish()
        #expect(literal.output.contains("dns          ok      127.0.0.1:1 is an address\n"))
    }

    @Test("sees that a user may not declare")
    func permissions() async throws {
        let broker = try await LocalBroker.shared()
        let user = "reader-\(UUID())"
        try await broker.rabbitmqctl(["add_user", user, "pw"])
        try await broker.rabbitmqctl(["set_permissions", "-p", "/", user, "^$", "^$", ".*"])
        let url = broker.url.replacingOccurrences(of: "guest:guest@", with: "\(user):pw@")
        let result = try await RunningProgram.warren(["doctor"], url: url).finish()
        #expect(result.status == 69)
        #expect(checks(result).suffix(2) == ["broker ok", "permissions failed"])
        try await broker.rabbitmqctl(["delete_user", user])
    }
}
