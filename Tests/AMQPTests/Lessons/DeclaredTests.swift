import Foundation
import Testing

/// The names of the tests that run, from their source: not those in comments, and none that a trait may switch off.
enum DeclaredTests {
    /// Those of this target.
    static let names = Result {
        let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        let files = FileManager.default.enumerator(at: folder, includingPropertiesForKeys: nil)
        var names: Set<String> = []
        while let file = files?.nextObject() as? URL {
            // This file has tests that are none.
            guard file.pathExtension == "swift", file.path != #filePath else { continue }
            names.formUnion(Self.names(in: try String(contentsOf: file, encoding: .utf8)))
        }
        return names
    }

    /// Those of a source file in which each attribute begins a line, as the formatter has it.
    static func names(in source: String) -> Set<String> {
        let code = source.replacing(#/(?s)/\*.*?\*//#, with: "")
        let attributes = code.matches(
            of: #/(?ms)^ *@(?<kind>Test|Suite)\((?<arguments>.*?)\)\s*(?:\w+ )*(?:func|struct|enum|class)\b/#
        )
        let mayBeSkipped = #/\.(disabled|enabled)\(/#
        // A suite takes its tests with it.
        guard !attributes.contains(where: { $0.kind == "Suite" && $0.arguments.contains(mayBeSkipped) }) else {
            return []
        }
        let names = attributes.filter { $0.kind == "Test" && !$0.arguments.contains(mayBeSkipped) }
            .compactMap { $0.arguments.firstMatch(of: #/^\s*"(?<name>[^"]*)"/#) }
        return Set(names.map { String($0.name) })
    }
}

@Suite("The tests that a source file declares")
struct DeclaredTestsTests {
    @Test("are those that run")
    func names() {
        let source = """
            @Suite("A suite", .serialized)
            struct SomeTests {
                @Test("runs")
                func one() {}

                @Test(
                    "runs (with arguments)",
                    arguments: [1, 2]
                )
                func two(_ number: Int) async throws {}

                // @Test("is in a comment")
                // func three() {}

                /*
                @Test("is in a long comment")
                func four() {}
                */

                @Test("is off", .disabled("for now"))
                func five() {}

                @Test("is off sometimes", .enabled(if: 1 > 2))
                func six() {}

                @Test func seven() {}
            }
            """
        #expect(DeclaredTests.names(in: source) == ["runs", "runs (with arguments)"])
        let suite = source.replacing(".serialized", with: ".disabled()")
        #expect(DeclaredTests.names(in: suite).isEmpty)
    }
}
