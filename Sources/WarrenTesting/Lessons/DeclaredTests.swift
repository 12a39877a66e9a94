import FoundationEssentials

/// The names of the tests that run, from their source: not those in comments, and none that a trait may switch off.
package enum DeclaredTests {
    /// Those of a test target.
    ///
    /// - Parameter file: the file that asks, in a folder of the target; it names tests without having them.
    /// - Returns: the names.
    /// - Throws: what the file system throws.
    package static func names(ofTargetWith file: String) throws -> Set<String> {
        let target = parent(of: parent(of: file))
        var names: Set<String> = []
        for path in try FileManager.default.subpathsOfDirectory(atPath: target) where path.hasSuffix(".swift") {
            let path = "\(target)/\(path)"
            guard path != file else { continue }
            names.formUnion(Self.names(in: try String(contentsOfFile: path, encoding: .utf8)))
        }
        return names
    }

    private static func parent(of path: String) -> String {
        path.lastIndex(of: "/").map { String(path[..<$0]) } ?? path
    }

    /// Those of a source file in which each attribute begins a line, as the formatter has it.
    package static func names(in source: String) -> Set<String> {
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
