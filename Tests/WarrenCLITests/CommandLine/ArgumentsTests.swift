import Testing
import WarrenCLI

@Suite("The command line")
struct ArgumentsTests {
    static let options = [
        CommandOption("--url", "URL", ""), CommandOption("--count", "N", ""), CommandOption("--timeout", "TIME", ""),
        CommandOption("--ack", nil, ""),
    ]

    private func parsed(_ arguments: [String]) throws -> Arguments {
        try Arguments(arguments, options: Self.options)
    }

    @Test("takes values after a space or an equals sign, flags, and operands anywhere")
    func forms() throws {
        let arguments = try parsed(["a", "--url", "u=v", "b", "--count=3", "--ack", "-"])
        #expect(arguments.operands == ["a", "b", "-"])
        #expect(arguments.value("--url") == "u=v")
        #expect(arguments.value("--count") == "3")
        #expect(arguments.has("--ack") && !arguments.has("--url"))
        #expect(try parsed(["--url="]).value("--url") == "")
        #expect(try parsed(["--url", "-5"]).value("--url") == "-5")
    }

    @Test("gives all values of an option that may be given several times, in order")
    func repeated() throws {
        let options = [CommandOption("--id", "ID", isRepeatable: true, "")]
        let arguments = try Arguments(["--id", "b", "--id=a", "--id", ""], options: options)
        #expect(arguments.values("--id") == ["b", "a", ""])
        #expect(try parsed([]).values("--id").isEmpty)
    }

    @Test("takes everything after -- as it is")
    func operands() throws {
        #expect(try parsed(["x", "--", "--ack", "--", "-y"]).operands == ["x", "--ack", "--", "-y"])
    }

    @Test(
        "says what is wrong",
        arguments: [
            (["--cuont", "1"], "unknown option '--cuont', did you mean '--count'?"),
            (["--colour"], "unknown option '--colour'"), (["-x"], "unknown option '-x'"),
            (["--url"], "--url needs a value: --url URL"), (["--url", "--ack"], "--url needs a value: --url URL"),
            (["--ack=1"], "--ack takes no value"), (["--ack", "--ack"], "--ack is given twice"),
            (["--url", "a", "--url=b"], "--url is given twice"),
        ]
    )
    func wrong(arguments: [String], message: String) {
        #expect(throws: CommandFailure(.usage, message)) { try parsed(arguments) }
    }

    @Test(
        "reads times",
        arguments: [
            ("10s", Duration.seconds(10)), ("500ms", .milliseconds(500)), ("2m", .seconds(120)), ("1h", .seconds(3600)),
            ("1.5s", .milliseconds(1500)), ("7d", .seconds(604_800)), ("0s", .zero),
        ]
    )
    func durations(text: String, duration: Duration) throws {
        #expect(try parsed(["--timeout", text]).duration("--timeout") == duration)
    }

    @Test(
        "refuses what is no time",
        arguments: ["", "s", "5x", "7", "-1s", "1.2.3s", "1e9", "inf", "99999999999h", "5 s", "٣s"]
    )
    func badDurations(text: String) throws {
        let arguments = try parsed(["--timeout=\(text)"])
        let failure = #expect(throws: CommandFailure.self) { try arguments.duration("--timeout") }
        #expect(failure?.status == .usage)
    }

    @Test("refuses what is no count", arguments: ["0", "-1", "x", "", "1.0", "99999999999999999999"])
    func badCounts(text: String) throws {
        let arguments = try parsed(["--count=\(text)"])
        #expect(throws: CommandFailure.self) { try arguments.count("--count") }
        #expect(try parsed(["--count=12"]).count("--count") == 12)
        #expect(try parsed([]).count("--count") == nil)
    }
}
