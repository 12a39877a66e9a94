import Foundation
import Testing
import Warren
import WarrenRabbitMQ
import WarrenTesting

@Suite("The README")
struct ReadmeTests {
    @Test("shows no Swift that is not compiled here")
    func showsWhatIsCompiled() throws {
        let compiled = try Readme.compiled()
        let blocks = try Readme.blocks("swift").filter { !$0.contains("PackageDescription") }
        #expect(blocks.count >= 4)
        for paragraph in blocks.flatMap(Readme.paragraphs) {
            #expect(compiled.contains(paragraph), "no file beside this one has:\n\(paragraph)")
        }
    }

    @Test("has a package manifest that can be read")
    func manifest() async throws {
        let manifests = try Readme.blocks("swift").filter { $0.contains("PackageDescription") }
        let manifest = try #require(manifests.first)
        let folder = try TemporaryFolder()
        try Data(manifest.utf8).write(to: URL(filePath: folder.path(of: "Package.swift")))
        let dump = try RunningProgram.command(["swift", "package", "--package-path", folder.path, "dump-package"])
        let result = try await dump.finish(within: .seconds(120))
        #expect(result.status == 0, "\(result.errors)")
        // What it names is what this package has.
        let own = try String(contentsOf: Readme.root.appending(path: "Package.swift"), encoding: .utf8)
        for product in try manifest.matches(of: Regex(#"\.product\(name: "(\w+)"#, as: (Substring, Substring).self)) {
            #expect(own.contains(".library(name: \"\(product.output.1)\""))
        }
    }

    @Test("has configurations that the bridge takes, without a warning")
    func configurations() async throws {
        let blocks = try Readme.blocks("yaml")
        #expect(!blocks.isEmpty)
        let folder = try TemporaryFolder()
        let file = folder.path(of: "warren.yaml")
        for block in blocks {
            try Data(block.utf8).write(to: URL(filePath: file))
            let result = try await RunningProgram.warren(["config", "check", file]).finish()
            #expect(result.status == 0 && result.errors.isEmpty, "\(result.errors)")
        }
    }

    @Test("points to examples that the bridge takes, without a warning", arguments: ["orders", "billing", "audit"])
    func examples(service: String) async throws {
        let path = "Examples/\(service).yaml"
        #expect(try Readme.text().contains("(\(path))"))
        let file = Readme.root.appending(path: path).path
        let result = try await RunningProgram.warren(["config", "check", file]).finish()
        #expect(result.status == 0 && result.errors.isEmpty, "\(result.errors)")
    }

    @Test("names commands that there are")
    func commands() async throws {
        let lines = try Readme.text().matches(of: Regex(#"\n    warren ([a-z]+( [a-z]+)?)"#)).map { $0.output }
        let names = Set(lines.compactMap { $0[1].substring.map(String.init) })
        #expect(names.count >= 5)
        for name in names {
            let words = name.split(separator: " ").map(String.init)
            let result = try await RunningProgram.warren(words + ["--help"]).finish()
            #expect(result.status == 0 && result.output.contains("usage: warren \(words[0])"), "warren \(name)")
        }
    }

    @Test("has an example of AMQP that runs to its end", .timeLimit(.minutes(1)))
    func exampleOfAMQPRuns() async throws {
        try await LocalBroker.shared().withVhost { url in try await exampleOfAMQP(url) }
    }

    @Test("has a service whose events other languages read, and that reads theirs", .timeLimit(.minutes(2)))
    func speaksWithPython() async throws {
        let blocks = try Readme.blocks("python")
        let publisher = try #require(blocks.first { $0.contains("basic_publish") })
        let consumer = try #require(blocks.first { $0.contains(".consume(") })
        try await LocalBroker.shared().withVhost { url in
            let ledger = Ledger()
            let service = Task { try await serve(url: url, ledger: ledger) }
            let bus = try RabbitMQEventBus(url: url, service: "shop")
            let running = Task { try await bus.run() }
            // One that comes before the service's queue passes it by.
            try await eventually("the event in the ledger", within: .seconds(30)) {
                _ = try await publish(on: bus)
                return await ledger.amounts[7] == 12.5
            }

            let reader = try RunningProgram.python(consumer, url: url)
            try await eventually("what the reader prints", within: .seconds(30)) {
                try await bus.publish(OrderPaid(orderID: 9, amount: 1))
                return reader.printed.contains("Order.Paid shop {") && reader.printed.contains("'orderID': 9")
            }
            reader.signal(SIGKILL)
            _ = try await reader.ended()

            let writer = try RunningProgram.python(publisher, url: url)
            let result = try await writer.finish()
            #expect(result.status == 0, "\(result.errors)")
            try await eventually("the event from Python in the ledger") { await ledger.amounts[8] == 20 }
            for task in [service, running] {
                task.cancel()
                try await task.value
            }
        }
    }
}
