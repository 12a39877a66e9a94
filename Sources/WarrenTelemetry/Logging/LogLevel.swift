/// How much a log line matters.
package enum LogLevel: UInt8, Sendable, Hashable, Comparable, CaseIterable {
    case trace
    case debug
    case info
    case warning
    case error

    /// The name in configurations and in log lines.
    package var name: String {
        switch self {
        case .trace: "trace"
        case .debug: "debug"
        case .info: "info"
        case .warning: "warning"
        case .error: "error"
        }
    }

    /// The level of that name, in any case; `nil` when there is none.
    package init?(name: String) {
        guard let level = Self.allCases.first(where: { $0.name == name.lowercased() }) else { return nil }
        self = level
    }

    @inlinable
    package static func < (left: LogLevel, right: LogLevel) -> Bool {
        left.rawValue < right.rawValue
    }
}
