import Testing
import WarrenBridge

@Suite("The environment in a configuration")
struct EnvironmentTests {
    private let environment = ["NAME": "value", "EMPTY": "", "N": "7", "_a1": "x", "BRACE": "${N}", "YES": "true"]

    private func prefix(_ text: String) throws -> String {
        let text = "events: { rabbitmq: { queues: { prefix: \"\(text)\" } } }"
        return try ConfigurationText.parsed(text, environment: environment).rabbitMQ.queues.prefix
    }

    @Test(
        "fills in names and defaults",
        arguments: [
            ("${NAME}", "value"), ("a-${NAME}_${N}.", "a-value_7."), ("${_a1}", "x"), ("${EMPTY}", ""),
            ("${UNSET:-}", ""), ("${UNSET:-d}", "d"), ("${EMPTY:-d}", "d"), ("${NAME:-d}", "value"),
            ("${UNSET:-a:-b}", "a:-b"),
        ]
    )
    func values(text: String, value: String) throws {
        #expect(try prefix(text) == value)
    }

    @Test("leaves a dollar by itself, makes one of two, and does not look into what it filled in")
    func dollars() throws {
        let sources = """
            bridge:
              sources: { unix: "a$b $$ $${N} $$$$ $ ${BRACE} é$" }
            """
        let configuration = try ConfigurationText.parsed(sources, environment: environment)
        #expect(configuration.sources.unix?.path == "a$b $ ${N} $$ $ ${N} é$")
    }

    @Test("makes numbers, times, words and truth values, with and without quotes")
    func types() throws {
        let text = """
            events:
              eventbus: { type: "${TYPE:-memory}", max_handlers: "${N}", timeout: "${N}s", async_enabled: "${YES}" }
              memory:
                buffer_size: ${N}
            retry:
              multiplier: ${N}
            """
        let configuration = try ConfigurationText.parsed(text, environment: environment)
        #expect(configuration.eventBus.kind == .memory && configuration.eventBus.isAsync)
        #expect(configuration.eventBus.maxHandlers == 7 && configuration.eventBus.timeout == .seconds(7))
        #expect(configuration.memory.bufferSize == 7 && configuration.retry.multiplier == 7)
    }

    @Test(
        "that lacks a name, or is asked for wrongly, is an error at its place",
        arguments: [
            ("${UNSET}", ["the environment variable UNSET is not set; ${UNSET:-default} would give it a default"]),
            (
                "${A}${B}",
                [
                    "the environment variable A is not set; ${A:-default} would give it a default",
                    "the environment variable B is not set; ${B:-default} would give it a default",
                ]
            ),
            ("${NAME", ["'${' without its '}'; a dollar itself is written $$"]),
            ("${}", ["'${…}' without a name in it, expected ${NAME} or ${NAME:-default}; a dollar itself is $$"]),
            ("${1A}", ["'${…}' without a name in it, expected ${NAME} or ${NAME:-default}; a dollar itself is $$"]),
            ("${A-b}", ["'${…}' without a name in it, expected ${NAME} or ${NAME:-default}; a dollar itself is $$"]),
            ("${A:-${B}}", ["the default of ${A} holds another '${', expected a plain text"]),
        ]
    )
    func problems(text: String, problems: [String]) {
        let file = "service: a\nevents: { rabbitmq: { queues: { prefix: \"\(text)\" } } }"
        let expected = problems.map { "2:41: events.rabbitmq.queues.prefix: \($0)" }
        #expect(ConfigurationText.problems(file, environment: environment) == expected)
    }

    @Test("is not quoted when what it gives is wrong")
    func redacted() {
        let file = "service: ${S}\nretry:\n  max_attempts: ${S}\n  max_delay: ${S}"
        #expect(
            ConfigurationText.problems(file, environment: ["S": "hunter 2"]) == [
                "1:10: service: '${S}' with the environment filled in, "
                    + "expected a name of letters, digits, '_', '-' and '.'",
                "3:17: retry.max_attempts: '${S}' with the environment filled in, "
                    + "expected a whole number from 1 to 1000",
                "4:14: retry.max_delay: '${S}' with the environment filled in, "
                    + "expected a time such as 500ms, 10s, 1.5s, 2m, 1h or 7d",
            ]
        )
    }
}
