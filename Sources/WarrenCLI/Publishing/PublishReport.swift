package import WarrenRuntime

/// What became of the events so far.
package struct PublishReport: Sendable {
    package var published = 0
    package var acked = 0
    package var unroutable = 0
    package var badLines = LineRanges()
    package var lost = LineRanges()
    /// Why the first of the lost ones was lost.
    package var lossReason: String?
    /// Why reading stopped before the end of the input.
    package var stopped: CommandFailure?
    /// The line that could not be sent, if that was why.
    package var stoppedLine: Int?
    /// Whether it stopped because nobody reads the ids any more, which needs no words.
    package var isQuiet = false

    package init() {}

    /// Counts how the event of a line ended.
    package mutating func count(_ outcome: PublishOutcome, line: Int) {
        switch outcome {
        case .acked(let routed):
            acked += 1
            unroutable += routed ? 0 : 1
        case .failed(let reason):
            lost.append(line)
            lossReason = lossReason ?? reason
        }
    }

    /// The counts in one line.
    package func summary(after elapsed: Duration) -> String {
        var parts = [
            "published \(published) \(published == 1 ? "event" : "events")", "\(acked) acked",
            "\(unroutable) unroutable",
        ]
        if badLines.count > 0 { parts.append("\(badLines.count) bad \(badLines.count == 1 ? "line" : "lines")") }
        return parts.joined(separator: ", ") + ", \(elapsed.text(in: .seconds(1))) s"
    }

    /// 0 only when the whole input was good and every event was acked.
    package var status: ExitStatus {
        if let stopped, stopped.status == .unavailable, acked == 0 { return .unavailable }
        return badLines.count == 0 && lost.count == 0 && stopped == nil ? .done : .failed
    }
}
