import Testing

/// The checks themselves, on made-up sources: each must find what it is there to find.
@Suite("The checker of the house")
struct CheckerTests {
    @Test(
        "An import is found however it is written",
        arguments: [
            "import AMQP",
            "public import AMQP",
            "package import AMQP",
            "@testable import AMQP",
            "@preconcurrency import AMQP",
            "@preconcurrency public import AMQP",
            "import struct AMQP.AMQPError",
            "import AMQP.Inner",
            "#if DEBUG\n    import AMQP\n#endif",
            "#if DEBUG\n#else\n@testable\nimport AMQP\n#endif",
            "import/* why */AMQP // because",
            "import\n    AMQP",
            "struct A {}; import AMQP",
            "import `AMQP`",
        ]
    )
    func importForms(source: String) {
        #expect(SourceText(source).imports.map(\.name) == ["AMQP"])
    }

    @Test(
        "A word that only looks like an import is none",
        arguments: [
            "// import AMQP",
            "/// import AMQP",
            "/* import AMQP */",
            "/* /* */ import AMQP */",
            "let text = \"import AMQP\"",
            "let text = \"\"\"\n    import AMQP\n    \"\"\"",
            "let text = #\"a \" import AMQP\"#",
            "let text = \"\\\" import AMQP\"",
            "#if canImport(AMQP)\n#endif",
            "let important = AMQP",
            "let `import` = AMQP",
        ]
    )
    func importLookalikes(source: String) {
        #expect(SourceText(source).imports.isEmpty)
    }

    @Test("Imports carry their line, and code after a string or a quoted regular expression is still seen")
    func importLines() {
        let source = "let a = \"\\(f(\"x\"))\"\nimport Glibc\nlet r = /\"/\n\nimport Swift\n"
        #expect(
            SourceText(source).imports == [
                ImportedModule(name: "Glibc", line: 2),
                ImportedModule(name: "Swift", line: 5),
            ]
        )
    }

    @Test(
        "The floors refuse what they must",
        arguments: [
            ("AMQP/Client.swift", "Warren"),
            ("Warren/Event.swift", "AMQP"),
            ("WarrenRuntime/Time/Clock.swift", "WarrenTelemetry"),
            ("WarrenTelemetry/Log.swift", "AMQP"),
            ("WarrenStorage/Inbox.swift", "WarrenRabbitMQ"),
            ("Warren/Event.swift", "WarrenBridge"),
            ("Warren/Event.swift", "CRabbitMQ"),
            ("AMQP/Connection/Connection.swift", "CRabbitMQ"),
            ("AMQP/Wire/Decoder.swift", "COpenSSL"),
            ("AMQP/Transport/Socket.swift", "CRabbitMQ"),
            ("Warren/Event.swift", "Foundation"),
            ("WarrenBridge/Configuration/Reader.swift", "CYAML"),
            ("WarrenTesting/Broker.swift", "AMQP"),
            ("WarrenTesting/Broker.swift", "Foundation"),
            ("WarrenTesting/Broker.swift", "CRabbitMQ"),
            ("AMQP/Client.swift", "WarrenTesting"),
            ("WarrenCLI/main.swift", "WarrenBench"),
            ("AMQP/Client.swift", "NIOCore"),
            ("Cellar/Wine.swift", "Swift"),
        ]
    )
    func refused(path: String, module: String) {
        #expect(Floors.objection(to: module, in: path) != nil)
    }

    @Test(
        "The floors allow what they must",
        arguments: [
            ("AMQP/Wire/Decoder.swift", "CRabbitMQ"),
            ("AMQP/Transport/TLS/Engine.swift", "COpenSSL"),
            ("AMQP/Client.swift", "WarrenRuntime"),
            ("AMQP/Client.swift", "WarrenTelemetry"),
            ("Warren/Event.swift", "FoundationEssentials"),
            ("WarrenRabbitMQ/Bus.swift", "AMQP"),
            ("WarrenRabbitMQ/Bus.swift", "Warren"),
            ("WarrenRuntime/Threads/Waker.swift", "CLinux"),
            ("WarrenBridge/YAML/Events.swift", "CYAML"),
            ("WarrenCLI/main.swift", "Warren"),
            ("WarrenTesting/Broker.swift", "WarrenRuntime"),
            ("WarrenBench/main.swift", "AMQP"),
        ]
    )
    func allowed(path: String, module: String) {
        #expect(Floors.objection(to: module, in: path) == nil)
    }

    @Test(
        "An unchecked promise without its sentence is found",
        arguments: [
            "final class A: @unchecked Sendable {}",
            "/// A thing.\nfinal class A: @unchecked Sendable {}",
            "// Safe: never changes.\nlet a = 1\n\nnonisolated(unsafe) var b = 2",
            "// Safe: never changes.\nlet a = 1\nnonisolated(unsafe) var b = 2",
            "let text = \"safe\"\nextension A: @unchecked Sendable {}",
        ]
    )
    func unexplained(source: String) {
        #expect(RiskyCode.unexplained(in: SourceText(source)).count == 1)
    }

    @Test(
        "An unchecked promise with its sentence passes",
        arguments: [
            "/// `@unchecked Sendable`: it owns its memory alone.\n@safe\nfinal class A: @unchecked Sendable {}",
            "/// `@unchecked Sendable`: owned alone.\n#if X\nfinal class A:\n    B,\n    @unchecked Sendable\n{}",
            "nonisolated(unsafe) var a = 1  // Safe: written once, before the thread starts.",
            "// `@unchecked Sendable` is a promise.\nlet text = \"nonisolated(unsafe)\"",
        ]
    )
    func explained(source: String) {
        #expect(RiskyCode.unexplained(in: SourceText(source)).isEmpty)
    }

    @Test("What ends the process is found, once for each place")
    func traps() {
        let source = SourceText(
            """
            // try! fatalError( as!
            let a = try! f()
            let b = "try! \\(c as! D)"
            if e { fatalError("\\(try! g())") }
            notfatalError(1)
            """
        )
        #expect(RiskyCode.traps(in: source).map(\.line) == [2, 3, 4, 4])
        #expect(RiskyCode.traps(in: source).map(\.trap) == ["try!", "as!", "try!", "fatalError("])
    }

    @Test("An allowance covers its file, its trap and its number, and no more")
    func allowances() {
        let allowance = RiskyCode.Allowance(path: "A/B.swift", trap: "fatalError(", count: 1, reason: "made up")
        func objections(_ source: String, _ path: String) -> Int {
            RiskyCode.objections(to: SourceText(source), path: path, allowances: [allowance]).count
        }
        #expect(objections("fatalError()", "A/B.swift") == 0)
        #expect(objections("fatalError(); fatalError()", "A/B.swift") == 1)
        #expect(objections("", "A/B.swift") == 1)
        #expect(objections("fatalError()", "A/C.swift") == 1)
        #expect(objections("fatalError(); try! f()", "A/B.swift") == 1)
    }
}
