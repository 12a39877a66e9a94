import Warren
import WarrenRuntime

/// Lets one report of a kind and subject pass in a while, and counts the others; what becomes of the connection always
/// passes: the last report is what holds, and reconnecting takes its time.
struct Throttle {
    private struct Key: Hashable {
        let kind: EventBusEvent.Kind
        let subject: String
    }

    private let interval: Duration
    private var last: [Key: (time: MonotonicTime, withheld: Int)] = [:]

    init(interval: Duration) {
        self.interval = interval
    }

    /// The line to say; `nil` when there was one just now.
    mutating func pass(_ event: EventBusEvent, at now: MonotonicTime) -> String? {
        guard event.kind != .connection else { return "\(event)" }
        let key = Key(kind: event.kind, subject: event.subject)
        if let last = last[key], now < last.time.advanced(by: interval) {
            self.last[key] = (last.time, last.withheld + 1)
            return nil
        }
        let withheld = last[key]?.withheld ?? 0
        last[key] = (now, 0)
        return withheld == 0 ? "\(event)" : "\(event) (and \(withheld) more)"
    }
}
