import Testing
import Warren
import WarrenCLI

@Suite("What a command about dead letters is told")
struct DeadLetterArgumentsTests {
    private func parsed(_ arguments: [String]) throws -> Arguments {
        try Arguments(arguments, options: Command.deadRequeue.options)
    }

    @Test("is a queue, ids, a filter and a limit")
    func everything() throws {
        let before = EventTimestamp.now().milliseconds
        let wanted = try DeadLetterArguments(
            parsed([
                "billing", "--id", "b", "--id=a", "--type=x.*", "--error", "E", "--older-than", "2d", "--newer-than=7d",
                "--limit", "5",
            ])
        )
        let after = EventTimestamp.now().milliseconds
        #expect(wanted.place == .queue("billing") && wanted.ids == ["b", "a"] && wanted.limit == 5)
        #expect(wanted.filter.ids == ["a", "b"] && wanted.filter.error == "E" && wanted.filter.type?.text == "x.*")
        let day = Int64(86_400_000)
        let failedBefore = try #require(wanted.filter.failedBefore).milliseconds
        let failedSince = try #require(wanted.filter.failedSince).milliseconds
        #expect((before - 2 * day...after - 2 * day).contains(failedBefore))
        #expect((before - 7 * day...after - 7 * day).contains(failedSince))
    }

    @Test("is nothing but a queue, and then means all")
    func nothing() throws {
        let wanted = try DeadLetterArguments(parsed(["billing.dead"]))
        #expect(wanted.filter == .all && wanted.limit == nil && wanted.ids.isEmpty)
        #expect(wanted.place == .queue("billing.dead"))
    }

    @Test("takes an age of a million hours for as long ago as there is time", arguments: ["1000000h", "0s", "1.5s"])
    func ages(age: String) throws {
        #expect(try DeadLetterArguments(parsed(["q", "--older-than", age])).filter.failedBefore != nil)
    }

    @Test(
        "has to be said by who changes something",
        arguments: [
            ["q"], ["q", "--id", "a", "--all"], ["q", "--type", "#"], ["--all"], ["q", "r", "--all"], ["", "--all"],
            ["q", "--all", "--older-than", "1w"], ["q", "--all", "--limit=-1"],
        ]
    )
    func refused(arguments: [String]) throws {
        let failure = #expect(throws: CommandFailure.self) { try DeadLetterArguments(changing: parsed(arguments)) }
        #expect(failure?.status == .usage)
    }
}
