import Foundation
import Testing
import WarrenTesting

extension Python {
    /// The headers of the next message in a queue, which is taken out, as Python's client reads them.
    static func takeHeaders(_ queue: String, url: String) async throws -> [String: Any] {
        let lines = try await run("print(json.dumps(get('\(queue)')[1].headers, default=str))", url: url)
        let json = Data(try #require(lines.first).utf8)
        return try #require(try JSONSerialization.jsonObject(with: json) as? [String: Any])
    }
}
