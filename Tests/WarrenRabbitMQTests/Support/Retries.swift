import AMQP
import Testing
import Warren
import WarrenRuntime
import WarrenTesting

struct Unlucky: Error, CustomStringConvertible {
    let description = "no luck"
}

/// What handlers saw of the attempts at events, and when.
final class Tries: Sendable {
    private let all = Shared<[String: [(attempt: Int, time: MonotonicTime)]]>([:])

    /// An attempt begins.
    func begin(_ context: EventContext) {
        all.change { $0[context.eventID, default: []].append((context.attempt, SystemClock().now)) }
    }

    /// How many events there were attempts at.
    var events: Int { all.value.count }

    /// The attempts at each event.
    var attempts: [[Int]] { all.value.values.map { $0.map(\.attempt) } }

    /// The attempts at the only event.
    var ofOnlyEvent: [Int] { attempts.count == 1 ? attempts[0] : [] }

    /// How long it took from each attempt at the only event to the next.
    var waits: [Duration] {
        guard let tries = all.value.values.first else { return [] }
        return zip(tries, tries.dropFirst()).map { $0.time.duration(until: $1.time) }
    }

    /// Fails unless each wait was as long as it should have been, or up to 15 % longer.
    func expectWaits(_ expected: [Duration], sourceLocation: SourceLocation = #_sourceLocation) {
        let waits = waits
        #expect(waits.count == expected.count, sourceLocation: sourceLocation)
        for (wait, expected) in zip(waits, expected) {
            #expect(wait >= expected && wait <= expected * 1.15, "\(waits)", sourceLocation: sourceLocation)
        }
    }
}
