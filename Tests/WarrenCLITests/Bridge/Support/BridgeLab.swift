import Foundation
import Testing
import WarrenTesting

/// A folder in which a test's bridges find their configurations, and leave files and reports.
final class BridgeLab: Sendable {
    /// What a bridge counted, as `--report` writes it.
    struct Report: Decodable {
        var service: String
        var published: Int
        var confirmed: Int
        var unrouted: Int
        var spooled: Int
        var keptLocal: Int
        var sentAgain: Int
        var badLines: Int
        var sinks: [String: Int]
        var failed: Int
        var deadLettered: Int
        var duplicates: Int
        var parked: Int
        var elapsedMs: Int
    }

    private let folder: TemporaryFolder

    init() throws {
        folder = try TemporaryFolder(prefix: "warren-bridge")
    }

    func path(_ name: String) -> String { folder.path(of: name) }

    /// Writes a file, and gives its path.
    func write(_ text: String, to name: String) throws -> String {
        try Data(text.utf8).write(to: URL(fileURLWithPath: path(name)))
        return path(name)
    }

    /// Starts a bridge; its configuration reads `url` as `${WARREN_URL}`.
    func start(
        _ name: String,
        _ configuration: String,
        url: String? = nil,
        arguments: [String] = [],
        isRead: Bool = true
    ) throws -> RunningProgram {
        let file = try write(configuration, to: "\(name).yaml")
        let report = path("\(name).json")
        let command = ["bridge", "--config", file, "--report", report] + arguments
        return try RunningProgram.warren(command, url: url, isRead: isRead)
    }

    /// What the bridge of this name counted, once it has ended.
    func report(_ name: String) throws -> Report {
        let decoder = JSONDecoder()
        decoder.keyDecodingStrategy = .convertFromSnakeCase
        return try decoder.decode(Report.self, from: Data(contentsOf: URL(fileURLWithPath: path("\(name).json"))))
    }

    /// The file that a sink writes.
    func log(_ name: String) -> LineLog { LineLog(path: path(name)) }
}

extension BridgeLab {
    /// What the configurations of most bridges say of the bus.
    static func events(_ type: String = "rabbitmq") -> String {
        """
        events: { eventbus: { type: \(type) }, rabbitmq: { url: "${WARREN_URL}" } }
        """
    }

    /// A bridge that publishes its input, and takes nothing.
    static let source = """
        service: source
        \(events())
        bridge: { sources: { stdin: {} } }
        """

    /// A bridge that keeps every order in a file.
    func sink(_ file: String = "audit.ndjson") -> String {
        """
        service: sink
        \(Self.events())
        bridge: { sinks: [{ name: audit, types: ["Order.#"], file: "\(path(file))" }] }
        """
    }

    /// Starts that bridge, and waits until no order passes it by.
    func startSink(url: String) async throws -> RunningProgram {
        let bridge = try start("sink", sink(), url: url)
        try await bridge.says("events are consumed from 'sink.audit'")
        return bridge
    }

    /// Orders with these numbers, as lines of input.
    static func orders(_ numbers: Range<Int>, type: String = "Order.Created") -> String {
        var text = ""
        for number in numbers { text += #"{"event_type":"\#(type)","data":{"n":\#(number)}}"# + "\n" }
        return text
    }
}
