import Foundation
import Testing
import WarrenRuntime
import WarrenTesting

/// A file of NDJSON that a bridge writes while a test looks on.
final class LineLog: Sendable {
    let path: String
    private let seen = Locked((bytes: UInt64(0), lines: 0))

    init(path: String) {
        self.path = path
    }

    /// How many whole lines there are; what was counted before is not read again.
    var count: Int {
        guard let file = FileHandle(forReadingAtPath: path) else { return 0 }
        return seen.withLock { seen in
            guard (try? file.seek(toOffset: seen.bytes)) != nil, let new = try? file.readToEnd() else {
                return seen.lines
            }
            seen.bytes += UInt64(new.count)
            seen.lines += new.count { $0 == UInt8(ascii: "\n") }
            return seen.lines
        }
    }

    /// Waits until there are so many lines.
    func holds(lines: Int, within limit: Duration = .seconds(60)) async throws {
        try await eventually("\(lines) lines in \(path)", within: limit) { count >= lines }
    }

    /// Every line as a JSON object; a line that is none is a failure.
    func objects() throws -> [[String: Any]] {
        let text = try Data(contentsOf: URL(fileURLWithPath: path))
        #expect(text.isEmpty || text.last == UInt8(ascii: "\n"))
        return try text.split(separator: UInt8(ascii: "\n"))
            .map { try #require(try JSONSerialization.jsonObject(with: $0) as? [String: Any]) }
    }

    /// The numbers of the orders in it, in their order.
    func numbers() throws -> [Int] {
        try objects().map { try #require(($0["data"] as? [String: Any])?["n"] as? Int) }
    }

    /// Waits until each of these orders is there, once or more often.
    func holds(orders: Range<Int>, within limit: Duration = .seconds(60)) async throws {
        var looked = orders.count - 1
        try await eventually("each order in \(path)", within: limit) {
            // Reading all of it is dear: only where there is more than at the last look.
            guard count > looked else { return false }
            looked = count
            return try Set(numbers()).isSuperset(of: orders)
        }
    }
}
