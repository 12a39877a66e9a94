import AMQP
import Foundation
import Testing
import WarrenTesting

@Suite("warren dead, when something is in the way")
struct DeadFailureTests {
    @Test("says what it needs to know, before it asks a broker")
    func usage() async throws {
        let cases: [(arguments: [String], message: String)] = [
            (["list"], "warren dead list: give one QUEUE"),
            (["list", "a", "b"], "warren dead list: give one QUEUE"),
            (["show", "a"], "warren dead show: say which: --id ID"),
            (["requeue", "a"], "warren dead requeue: say which: --id ID, or --all"),
            (["requeue", "a", "--type", "#"], "warren dead requeue: say which: --id ID, or --all"),
            (["discard", "a", "--id", "x", "--all"], "warren dead discard: say which: --id ID, or --all"),
            (["purge", "a"], "warren dead purge: takes every dead letter of 'a' away for good: say --yes"),
            (["list", "a", "--older-than", "soon"], "warren dead list: --older-than: 'soon', expected a time such as"),
            (["list", "a", "--newer-than", "12"], "warren dead list: --newer-than: '12' has no unit, expected a time"),
            (["list", "a", "--limit", "0"], "warren dead list: --limit is '0'"),
            (["list", "a", "--type", String(repeating: "x", count: 256)], "warren dead list: --type: the pattern"),
            (["list", String(repeating: "q", count: 300)], "warren dead list: the queue 'qqq"),
            (["bury", "a"], "warren dead: unknown command 'bury'"), ([], "warren dead: a second word is missing"),
        ]
        for (arguments, message) in cases {
            let url = "amqp://127.0.0.1:1"
            let result = try await RunningProgram.warren(["dead"] + arguments, url: url).finish()
            #expect(result.status == 64 && result.output == "")
            #expect(result.errors.hasPrefix(message), "\(result.errors)")
        }
    }

    @Test("says in one sentence which queue is not there")
    func missing() async throws {
        try await LocalBroker.shared().withVhost { url in
            let python = "connect().queue_declare('bare', durable=True)"
            #expect(try await RunningProgram.python(python, url: url).finish().status == 0)
            for command in [
                ["list"], ["show", "--id", "x"], ["requeue", "--all"], ["discard", "--all"], ["purge", "--yes"],
            ] {
                for (queue, message) in [
                    ("none", "there is no queue 'none'"),
                    ("bare", "queue 'bare' has no dead letters: there is no queue"),
                ] {
                    let result = try await RunningProgram.warren(["dead"] + command + [queue], url: url).finish()
                    #expect(result.status == 1 && result.output == "")
                    #expect(result.errors.hasPrefix("warren dead \(command[0]): \(message)"), "\(result.errors)")
                    #expect(result.errors.filter { $0 == "\n" }.count == 1)
                }
            }
        }
    }

    @Test("names the ids that no dead letter has, and does the rest")
    func unknownID() async throws {
        try await DeadLetterFixture.use(count: 4) { fixture in
            for command in ["list", "show", "requeue", "discard"] {
                let id = command == "requeue" ? "id-1" : "id-2"
                let result = try await fixture.warren(command, "billing", "--id", "no", "--id", id)
                #expect(result.status == 1)
                #expect(result.output.contains(id))
                let missing = "warren dead \(command): none of 'billing' has the id 'no'\n"
                #expect(result.errors.hasSuffix(missing), "\(result.errors)")
            }
            let none = try await fixture.warren("list", "billing", "--id", "a", "--id", "b")
            #expect(none.status == 1 && none.errors.hasSuffix(": none of 'billing' has the ids 'a', 'b'\n"))
            #expect(try await fixture.drain("billing.dead") == ["id-0", "id-3"])
        }
    }

    @Test("says why one stays")
    func stays() async throws {
        try await DeadLetterFixture.use(count: 30) { fixture in
            try await fixture.client.withChannel { _ = try await $0.deleteQueue("billing") }
            let result = try await fixture.warren("requeue", "billing", "--all")
            #expect(result.status == 1 && result.output == "")
            let lines = result.errors.split(separator: "\n")
            #expect(lines.first == "'id-0' stays: its queue 'billing' is not there: 312 NO_ROUTE")
            #expect(lines.suffix(2) == ["and 10 more stay", "requeued 0 dead letters"])
            #expect(try await fixture.drain("billing.dead") == (0..<30).ids)
        }
    }

    @Test("refuses politely while somebody consumes or looks")
    func inUse() async throws {
        try await DeadLetterFixture.use(count: 4) { fixture in
            try await fixture.client.withConsumer("billing.dead", prefetch: 1) { _ in
                let result = try await fixture.warren("list", "billing")
                #expect(result.status == 1)
                #expect(
                    result.errors
                        == "warren dead list: queue 'billing.dead' has a consumer, which looking would disturb\n"
                )
            }
            let tail = try RunningProgram.warren(["tail", "--queue", "billing.dead"], url: fixture.url)
            try await tail.prints(lines: 4)
            let result = try await fixture.warren("requeue", "billing", "--all")
            #expect(result.status == 1 && result.errors.contains("somebody else is at work on queue 'billing.dead'"))
            tail.signal(SIGTERM)
            #expect(try await tail.ended().status == 0)
            #expect(try await fixture.warren("list", "billing").objects().count == 4)
        }
    }

    @Test("says with 69 that there is no way to the broker")
    func unreachable() async throws {
        let result = try await RunningProgram.warren(["dead", "list", "q", "--url", "amqp://127.0.0.1:1"]).finish()
        #expect(result.status == 69 && result.errors.contains("Connection refused"))
        #expect(result.errors.filter { $0 == "\n" }.count == 1)
    }

    @Test("explains itself")
    func help() async throws {
        let group = try await RunningProgram.warren(["dead", "--help"]).finish()
        #expect(group.status == 0)
        for command in ["list", "show", "requeue", "discard", "purge"] {
            #expect(group.output.contains("dead \(command)"))
            let help = try await RunningProgram.warren(["dead", command, "--help"]).finish()
            #expect(help.status == 0 && help.output.contains("usage: warren dead \(command) QUEUE"))
            #expect(help.output.split(separator: "\n").allSatisfy { $0.count <= 120 })
        }
    }
}
