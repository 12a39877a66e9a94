import Foundation
import Testing

/// The README, and the files beside this one that compile what it shows.
enum Readme {
    static let folder = URL(filePath: #filePath).deletingLastPathComponent()
    static let root = folder.deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()

    static func text() throws -> String {
        try String(contentsOf: root.appending(path: "README.md"), encoding: .utf8)
    }

    /// The fenced blocks in a language.
    static func blocks(_ language: String) throws -> [String] {
        var blocks: [String] = []
        var block: [Substring]?
        for line in try text().split(separator: "\n", omittingEmptySubsequences: false) {
            if let lines = block {
                if line.hasPrefix("```") {
                    blocks.append(lines.joined(separator: "\n"))
                    block = nil
                } else {
                    block = lines + [line]
                }
            } else if line == "```\(language)" {
                block = []
            }
        }
        return blocks
    }

    /// All that is compiled for it, without its indentation.
    static func compiled() throws -> String {
        let files = try FileManager.default.contentsOfDirectory(at: folder, includingPropertiesForKeys: nil)
        return try files.filter { $0.pathExtension == "swift" }
            .map { unindented(try String(contentsOf: $0, encoding: .utf8)) }
            .joined(separator: "\n")
    }

    /// The paragraphs of a block of Swift: each has to be compiled as it stands, but for its indentation.
    static func paragraphs(_ block: String) -> [String] {
        unindented(block).split(separator: "\n\n").map(String.init)
    }

    /// Where lines begin says nothing about what is compiled.
    private static func unindented(_ text: String) -> String {
        text.split(separator: "\n", omittingEmptySubsequences: false)
            .map { String($0.drop { $0 == " " }) }
            .joined(separator: "\n")
    }
}
