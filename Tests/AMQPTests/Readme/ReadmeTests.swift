import AMQP
import Foundation
import Testing
import WarrenTesting

@Suite("The README")
struct ReadmeTests {
    private static let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent().deletingLastPathComponent()

    @Test("shows the example that is compiled here")
    func showsTheExample() throws {
        let source = try String(
            contentsOf: Self.root.appending(path: "Tests/AMQPTests/Readme/Example.swift"),
            encoding: .utf8
        )
        let lines = source.split(separator: "\n", omittingEmptySubsequences: false)
        let begin = try #require(lines.firstIndex { $0.contains("README: begin") })
        let end = try #require(lines.firstIndex { $0.contains("README: end") })
        let example = lines[(begin + 1)..<end].map { $0.dropFirst(4) }.joined(separator: "\n")

        let readme = try String(contentsOf: Self.root.appending(path: "README.md"), encoding: .utf8)
        #expect(readme.contains(example))
    }

    @Test("has an example that runs to its end", .timeLimit(.minutes(1)))
    func exampleRuns() async throws {
        try await LocalBroker.shared().withVhost { url in
            try await example(url)
        }
    }
}
