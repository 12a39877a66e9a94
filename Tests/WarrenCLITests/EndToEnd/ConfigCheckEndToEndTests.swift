import Foundation
import Testing
import WarrenTesting

@Suite("warren config check")
struct ConfigCheckEndToEndTests {
    private func check(_ text: String) async throws -> (file: String, RunningProgram.Result) {
        let folder = try TemporaryFolder()
        let file = folder.path(of: "warren.yaml")
        try Data(text.utf8).write(to: URL(filePath: file))
        return (file, try await RunningProgram.warren(["config", "check", file]).finish())
    }

    @Test("says that a file is right, and warns of what is hardly meant")
    func right() async throws {
        let (file, quiet) = try await check("service: billing")
        #expect(quiet.status == 0 && quiet.output == "\(file): ok\n" && quiet.errors == "")
        let (other, result) = try await check("events: { eventbus: { timeout: 31m } }")
        #expect(result.status == 0 && result.output == "\(other): ok\n")
        #expect(result.errors.hasPrefix("\(other):1:32: warning: events.eventbus.timeout: longer than RabbitMQ waits"))
    }

    @Test("refuses what the bridge does not start with yet, as the bridge does")
    func notYetAvailable() async throws {
        let text = """
            bridge:
              sources: { stdin: {}, unix: a, http: {} }
              sinks: [{ name: a, types: [b], webhook: "http://h" }]
            store: { postgres: 'postgres://b' }
            """
        let folder = try TemporaryFolder()
        let file = folder.path(of: "warren.yaml")
        try Data(text.utf8).write(to: URL(filePath: file))
        let result = try await RunningProgram.warren(["config", "check", file]).finish()
        #expect(result.status == 78 && result.output == "")
        let places = [
            ("2:31", "bridge.sources.unix"), ("2:40", "bridge.sources.http"), ("3:43", "bridge.sinks[0].webhook"),
            ("4:20", "store.postgres"),
        ]
        let lines = places.map { "\(file):\($0): \($1): not available yet, the bridge does not start with it\n" }
        #expect(result.errors == lines.joined())
        let bridge = try await RunningProgram.warren(["bridge", "--config", file]).finish()
        #expect(bridge.status == 78 && bridge.errors == result.errors)
    }

    @Test("names every error with its place and ends with 78")
    func wrong() async throws {
        let (file, result) = try await check("servce: a\nretry:\n  max_attempts: x\n")
        #expect(result.status == 78 && result.output == "")
        #expect(
            result.errors == """
                \(file):1:1: servce: unknown key, did you mean 'service'?
                \(file):3:17: retry.max_attempts: 'x', expected a whole number from 1 to 1000

                """
        )
    }

    @Test("reads the environment")
    func environment() async throws {
        let text = "events:\n  rabbitmq:\n    url: ${WARREN_URL:-none}\n"
        let folder = try TemporaryFolder()
        let file = folder.path(of: "warren.yaml")
        try Data(text.utf8).write(to: URL(filePath: file))
        let result = try await RunningProgram.warren(["config", "check", file], url: "amqp://h").finish()
        #expect(result.status == 0, "\(result.errors)")
    }

    @Test("says why a file cannot be read, and ends with 78")
    func unreadable() async throws {
        let missing = try await RunningProgram.warren(["config", "check", "/no/such/file"]).finish()
        #expect(missing.status == 78)
        #expect(missing.errors == "/no/such/file: cannot be read: No such file or directory\n")
        let folder = try TemporaryFolder()
        let result = try await RunningProgram.warren(["config", "check", folder.path]).finish()
        #expect(result.status == 78 && result.errors == "\(folder.path): cannot be read: Is a directory\n")
    }

    @Test(
        "says how it is used",
        arguments: [
            (["config"], 64, "warren config: a second word is missing\ntry 'warren config --help'\n"),
            (["config", "chekc"], 64, "warren config: unknown command 'chekc'\ntry 'warren config --help'\n"),
            (["config", "check"], 64, "warren config check: give one FILE\ntry 'warren config check --help'\n"),
            (
                ["config", "check", "a", "b"], 64,
                "warren config check: give one FILE\ntry 'warren config check --help'\n"
            ),
            (["check"], 64, "warren: unknown command 'check'\ntry 'warren --help'\n"),
        ] as [([String], Int32, String)]
    )
    func usage(arguments: [String], status: Int32, errors: String) async throws {
        let result = try await RunningProgram.warren(arguments).finish()
        #expect(result.status == status && result.errors == errors && result.output == "")
    }

    @Test("is in the help of the program, of its group, and has its own")
    func help() async throws {
        for arguments in [["--help"], ["config", "--help"], ["config", "-h"]] {
            let result = try await RunningProgram.warren(arguments).finish()
            let line = result.output.split(separator: "\n").first { $0.hasPrefix("  config check ") }
            #expect(result.status == 0 && line?.hasSuffix(" says what is wrong with a configuration file") == true)
        }
        let group = try await RunningProgram.warren(["config", "--help"]).finish()
        #expect(!group.output.contains("doctor"))
        let own = try await RunningProgram.warren(["config", "check", "--help"]).finish()
        #expect(own.status == 0 && own.output.contains("usage: warren config check FILE"))
    }
}
