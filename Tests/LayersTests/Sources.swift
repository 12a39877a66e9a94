import Foundation

/// The Swift files of the package's `Sources` folder.
enum Sources {
    struct File {
        /// Below `Sources`.
        let path: String
        let text: SourceText
    }

    static func read() throws -> [File] {
        let root = URL(filePath: #filePath)
            .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
            .appending(path: "Sources", directoryHint: .isDirectory)
        let paths = try FileManager.default.subpathsOfDirectory(atPath: root.path(percentEncoded: false))
        return try paths.filter { $0.hasSuffix(".swift") }.sorted().map { path in
            File(path: path, text: SourceText(try String(contentsOf: root.appending(path: path), encoding: .utf8)))
        }
    }
}
