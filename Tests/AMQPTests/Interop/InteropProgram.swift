import AMQP
import Foundation
import WarrenTesting

/// A client that is not ours, in a small program that stands in `Programs`; compiled at its first use, once.
struct InteropProgram: Sendable {
    /// The Go client, which Debian puts where Go looked for packages before it had modules.
    static let go = InteropProgram(complaint: "invalid field or value inside of a frame") { workshop in
        let program = workshop.path(of: "interop-go")
        try await workshop.run(
            ["/usr/bin/go", "build", "-o", program, source("interop.go")],
            environment: ["GO111MODULE=off", "GOPATH=/usr/share/gocode"]
        )
        return [program]
    }

    /// The Java client.
    static let java = InteropProgram(complaint: "Unrecognised type in table") { workshop in
        let classes = workshop.path(of: "interop-java")
        let jars = ["amqp-client", "slf4j-api", "slf4j-nop"].map { "/usr/share/java/\($0).jar" }.joined(separator: ":")
        try await workshop.run(
            ["/usr/bin/javac", "-encoding", "UTF-8", "-cp", jars, "-d", classes, source("Interop.java")]
        )
        // It runs for a moment: what takes long to compile well does not pay.
        return ["/usr/bin/java", "-XX:TieredStopAtLevel=1", "-XX:-UsePerfData", "-cp", "\(classes):\(jars)", "Interop"]
    }

    /// What it says when it ends over a type that it does not know.
    let complaint: String

    private let command: Task<[String], any Error>

    private init(complaint: String, compile: @escaping @Sendable (Workshop) async throws -> [String]) {
        self.complaint = complaint
        command = Task { try await compile(Workshop.shared()) }
    }

    private static func source(_ name: String) -> String {
        URL(filePath: #filePath).deletingLastPathComponent().appending(path: "Programs/\(name)").path
    }

    /// Runs it; its source says which words it knows.
    ///
    /// - Returns: the lines that it prints.
    @discardableResult
    func run(_ words: String..., url: String) async throws -> [String] {
        try await Workshop.shared().run(command.value + [url] + words)
    }
}
