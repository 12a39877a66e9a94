import Testing
import WarrenTelemetry

@Suite("Logger")
struct LoggerTests {
    private let memory = MemoryLogOutput()

    @Test("A record carries level, label, message and fields", arguments: LogLevel.allCases)
    func record(level: LogLevel) throws {
        let logger = Logger(label: "amqp", minimum: .trace, output: memory)
        switch level {
        case .trace: logger.trace("m", ["k": "v"])
        case .debug: logger.debug("m", ["k": "v"])
        case .info: logger.info("m", ["k": "v"])
        case .warning: logger.warning("m", ["k": "v"])
        case .error: logger.error("m", ["k": "v"])
        }
        let record = try #require(memory.records.first)
        #expect(memory.records.count == 1)
        #expect(record.level == level)
        #expect(record.label == "amqp")
        #expect(record.message == "m")
        #expect(record["k"] == "v")
        #expect(record["other"] == nil)
    }

    @Test("Levels below the minimum are not logged, and their texts are never built", arguments: LogLevel.allCases)
    func minimum(minimum: LogLevel) {
        let logger = Logger(label: "amqp", minimum: minimum, output: memory)
        var built = 0
        func text() -> String {
            built += 1
            return "text"
        }
        for level in LogLevel.allCases { logger.log(level, text(), ["a": text()]) }
        let expected = LogLevel.allCases.filter { $0 >= minimum }
        #expect(memory.records.map(\.level) == expected)
        #expect(built == 2 * expected.count)
        #expect(LogLevel.allCases.filter(logger.isEnabled) == expected)
    }

    @Test("The logger that logs nothing builds nothing")
    func none() {
        func text() -> String {
            Issue.record("built a message nobody reads")
            return ""
        }
        for level in LogLevel.allCases { Logger.none.log(level, text()) }
    }

    @Test("A relabelled logger keeps output and minimum")
    func labelled() {
        let logger = Logger(label: "a", minimum: .warning, output: memory).labelled("b")
        logger.info("no")
        logger.error("yes")
        #expect(memory.records.map(\.label) == ["b"])
    }

    @Test("The memory keeps the newest records, up to its capacity")
    func bounded() {
        let memory = MemoryLogOutput(capacity: 3)
        let logger = Logger(label: "a", output: memory)
        for number in 1...5 { logger.info("\(number)") }
        #expect(memory.records.map(\.message) == ["3", "4", "5"])
    }

    @Test("A level is found by its name, in any case")
    func names() {
        for level in LogLevel.allCases { #expect(LogLevel(name: level.name.uppercased()) == level) }
        #expect(LogLevel(name: "loud") == nil)
        #expect(LogLevel.allCases.sorted() == [.trace, .debug, .info, .warning, .error])
    }
}
