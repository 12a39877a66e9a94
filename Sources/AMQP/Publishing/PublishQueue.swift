import WarrenRuntime

/// Publishes that wait for room: in the window, in the outbox, or for the connection.
///
/// First come, first served.
struct PublishQueue: ~Copyable {
    typealias Admission = Result<Void, AMQPError>

    /// An encoded publish that has left its caller's stack.
    struct Entry {
        let head: [UInt8]
        let layout: PublishHeadLayout
        let body: [UInt8]
        let identity: ConfirmWindow.Identity?
        /// `nil` on a channel without confirms.
        let confirmation: PublishConfirmation?
        /// Which of the confirmation's publishes it is.
        let index: Int
        let admitted: OneShot<Admission>

        var size: Int { head.count + body.count }
    }

    /// `nil` before `first`: a message that was let in is not kept.
    private var entries: [Entry?] = []
    private var first = 0

    init() {}

    var count: Int { entries.count - first }

    var isEmpty: Bool { count == 0 }

    var head: Entry? { isEmpty ? nil : entries[first] }

    mutating func append(_ entry: Entry) {
        entries.append(entry)
    }

    mutating func removeFirst() {
        entries[first] = nil
        first += 1
        if first == entries.count {
            entries.removeAll(keepingCapacity: true)
            first = 0
        } else if first > 64 && first > entries.count / 2 {
            entries.removeFirst(first)
            first = 0
        }
    }

    /// Forgets an entry whose caller waits no longer.
    mutating func remove(_ admitted: OneShot<Admission>) {
        guard let index = entries[first...].firstIndex(where: { $0?.admitted === admitted }) else { return }
        entries.remove(at: index)
    }

    /// Nobody will be admitted any more.
    mutating func fail(_ error: AMQPError, into effects: inout Effects) {
        while let entry = head {
            effects.admissions.append((entry.admitted, .failure(error)))
            removeFirst()
        }
    }
}
