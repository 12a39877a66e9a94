internal import Synchronization
internal import WarrenRuntime

/// What a bus counts and tells of its background work.
package final class BusReports: Sendable {
    package enum Count: Int, CaseIterable {
        case published, keptLocal, confirmed, unrouted, observed, overflowed, handled, failed, deadLettered, released,
            discarded, spooled, parked, duplicates, unidentified
    }

    /// A counter on its own, so that counting needs no lock.
    private final class Cell: Sendable {
        let value = Atomic(0)
    }

    private let cells = Count.allCases.map { _ in Cell() }
    private let broadcast = Broadcast<EventBusEvent>(buffer: 256)

    private let inHandCell = Cell()

    package init() {}

    /// How many events handlers have, or are next to have, that are not dealt with.
    package var inHand: Int { inHandCell.value.load(ordering: .relaxed) }

    package func addInHand(_ amount: Int) {
        inHandCell.value.wrappingAdd(amount, ordering: .relaxed)
    }

    package var events: AsyncStream<EventBusEvent> { broadcast.listen() }

    package func add(_ count: Count, _ amount: Int = 1) {
        cells[count.rawValue].value.wrappingAdd(amount, ordering: .relaxed)
    }

    package func tell(_ event: EventBusEvent) {
        broadcast.send(event)
    }

    package func finish() {
        broadcast.finish()
    }

    package var statistics: EventBusStatistics {
        func value(_ count: Count) -> Int { cells[count.rawValue].value.load(ordering: .relaxed) }
        var statistics = EventBusStatistics()
        statistics.published = value(.published)
        statistics.keptLocal = value(.keptLocal)
        statistics.confirmed = value(.confirmed)
        statistics.unrouted = value(.unrouted)
        statistics.observed = value(.observed)
        statistics.overflowed = value(.overflowed)
        statistics.handled = value(.handled)
        statistics.failed = value(.failed)
        statistics.deadLettered = value(.deadLettered)
        statistics.released = value(.released)
        statistics.discarded = value(.discarded)
        statistics.spooled = value(.spooled)
        statistics.parked = value(.parked)
        statistics.duplicates = value(.duplicates)
        statistics.unidentified = value(.unidentified)
        return statistics
    }
}
