import Foundation

/// Constructs that need a reason: what the compiler can no longer check, and what ends the process.
enum RiskyCode {
    /// Must stand beside a sentence that says why it is safe.
    static let needsReason = ["@unchecked Sendable", "nonisolated(unsafe)"]

    /// Must not stand anywhere, but for `allowances`.
    static let traps = ["try!", "as!", "fatalError("]

    struct Allowance {
        let path: String
        let trap: String
        let count: Int
        let reason: String
    }

    static let allowances = [
        Allowance(
            path: "WarrenRuntime/Memory/ByteBuffer.swift",
            trap: "fatalError(",
            count: 1,
            reason: "out of memory ends the process, as it does for every Swift allocation"
        )
    ]

    /// Lines with an unchecked promise and no comment that speaks of it.
    static func unexplained(in source: SourceText) -> [(line: Int, construct: String)] {
        var found: [(line: Int, construct: String)] = []
        for (index, line) in source.lines.enumerated() {
            for construct in needsReason where line.code.contains(construct) {
                let comment = source.comment(beside: index).lowercased()
                // "@unchecked Sendable: it owns its memory alone", "Safe: written once, before the thread starts".
                let isExplained = comment.contains(construct.lowercased()) || comment.contains("safe")
                if !isExplained { found.append((index + 1, construct)) }
            }
        }
        return found
    }

    /// Lines that can end the process.
    static func traps(in source: SourceText) -> [(line: Int, trap: String)] {
        var found: [(line: Int, trap: String)] = []
        for (index, line) in source.lines.enumerated() {
            for trap in traps {
                for range in line.code.ranges(of: trap) {
                    let before = line.code[..<range.lowerBound].last
                    let isWholeWord = before.map { !($0.isLetter || $0.isNumber || $0 == "_") } ?? true
                    if isWholeWord { found.append((index + 1, trap)) }
                }
            }
        }
        return found
    }

    /// What is wrong with the traps of one file, given what it is allowed.
    static func objections(to source: SourceText, path: String, allowances: [Allowance] = allowances) -> [String] {
        let found = traps(in: source)
        return traps.compactMap { trap in
            let lines = found.filter { $0.trap == trap }.map(\.line)
            let allowed = allowances.first { $0.path == path && $0.trap == trap }?.count ?? 0
            guard lines.count != allowed else { return nil }
            return "\(path): \(trap) on lines \(lines), allowed \(allowed) times"
        }
    }
}

extension SourceText {
    /// The comment of the declaration that the line belongs to: on the line itself and right above it.
    func comment(beside index: Int) -> String {
        var start = index
        while start > 0, continuesDeclaration(start) { start -= 1 }
        var comments = lines[start...index].map(\.comment)
        var above = start - 1
        while above >= 0, lines[above].isComment || isAttribute(above) {
            comments.append(lines[above].comment)
            above -= 1
        }
        return comments.reversed().joined(separator: " ")
    }

    /// A line that goes on with the declaration begun above it.
    private func continuesDeclaration(_ index: Int) -> Bool {
        guard !lines[index - 1].isComment, !lines[index - 1].code.isBlank else { return false }
        let code = lines[index].code.trimmed
        let previous = lines[index - 1].code.trimmed
        return [":", ",", "where ", "@unchecked", ">"].contains(where: code.hasPrefix)
            || [":", ",", "<", "("].contains(where: previous.hasSuffix)
    }

    /// A line that holds only an attribute (`@safe`) or a condition (`#if`).
    private func isAttribute(_ index: Int) -> Bool {
        let code = lines[index].code.trimmed
        return code.hasPrefix("#") || (code.hasPrefix("@") && !code.contains(" "))
    }
}

extension String {
    fileprivate var trimmed: String { trimmingCharacters(in: .whitespaces) }
}
