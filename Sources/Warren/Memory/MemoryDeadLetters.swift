/// The dead letters of a subscription of one ``MemoryEventBus``.
///
/// They wait as long as the bus does, as many as events may wait for the subscription.
struct MemoryDeadLetters: DeadLetterStore {
    let name: String
    let bus: MemoryEventBus

    func list(_ filter: DeadLetterFilter, limit: Int) async throws(EventBusError) -> [DeadLetterHead] {
        try await show(filter, limit: limit).map(\.head)
    }

    func show(_ filter: DeadLetterFilter, limit: Int) async throws(EventBusError) -> [DeadLetter] {
        Array(try shelf.all.lazy.filter { filter.matches($0.head) }.prefix(max(0, limit)))
    }

    func requeue(_ filter: DeadLetterFilter, limit: Int) async throws(EventBusError) -> DeadLetterReport {
        let shelf = try shelf
        guard let queue = bus.queue(of: name) else {
            throw EventBusError(.notFound, "nobody subscribes as '\(name)' to whom its dead letters could go back")
        }
        var report = DeadLetterReport()
        for entry in shelf.take(filter, limit: limit) {
            let event = entry.letter.event
            func keep(_ reason: String) {
                shelf.putBack(entry)
                report.kept.append(.init(id: event.eventID, reason: reason))
            }
            switch queue.offer(MemoryDelivery(Occurrence(event), queue: queue)) {
            case .taken, .takenForOldest: report.ids.append(event.eventID)
            case .full: keep("the subscription '\(name)' has no room for it")
            case .closed: keep("the subscription '\(name)' has ended")
            }
        }
        return report
    }

    func discard(_ filter: DeadLetterFilter, limit: Int) async throws(EventBusError) -> DeadLetterReport {
        DeadLetterReport(ids: try shelf.take(filter, limit: limit).map(\.letter.event.eventID))
    }

    func purge() async throws(EventBusError) -> Int {
        try shelf.take(.all, limit: .max).count
    }

    private var shelf: DeadLetterShelf {
        get throws(EventBusError) {
            guard let shelf = bus.shelf(of: name) else {
                throw EventBusError(.notFound, "no subscription '\(name)' was ever made on this bus")
            }
            return shelf
        }
    }
}
