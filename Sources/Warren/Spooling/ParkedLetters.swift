/// What a spool has put aside, as the dead letters that they are: events that somebody has to decide about.
struct ParkedLetters: DeadLetterStore {
    /// How many are read at a time.
    private static let page = 256

    let spool: any SpoolStore

    func list(_ filter: DeadLetterFilter, limit: Int) async throws(EventBusError) -> [DeadLetterHead] {
        try await parked(filter, limit: limit).map(\.head)
    }

    func show(_ filter: DeadLetterFilter, limit: Int) async throws(EventBusError) -> [DeadLetter] {
        try await parked(filter, limit: limit).map(\.letter)
    }

    func requeue(_ filter: DeadLetterFilter, limit: Int) async throws(EventBusError) -> DeadLetterReport {
        try await change(filter, limit: limit) { position throws(StorageError) in
            try await spool.requeue([position])
        }
    }

    func discard(_ filter: DeadLetterFilter, limit: Int) async throws(EventBusError) -> DeadLetterReport {
        try await change(filter, limit: limit) { position throws(StorageError) in
            try await spool.discard([position])
        }
    }

    func purge() async throws(EventBusError) -> Int {
        try await discard(.all, limit: .max).ids.count
    }

    /// One after the other: each is where it was or where it is to go, whenever this ends.
    private func change(
        _ filter: DeadLetterFilter,
        limit: Int,
        _ body: (SpoolPosition) async throws(StorageError) -> Int
    ) async throws(EventBusError) -> DeadLetterReport {
        var report = DeadLetterReport()
        for entry in try await parked(filter, limit: limit) {
            do throws(StorageError) {
                guard try await body(entry.spooled.position) > 0 else { continue }
                report.ids.append(entry.spooled.entry.eventID)
            } catch {
                report.kept.append(.init(id: entry.spooled.entry.eventID, reason: error.message))
            }
        }
        return report
    }

    private func parked(_ filter: DeadLetterFilter, limit: Int) async throws(EventBusError) -> [ParkedEntry] {
        var found: [ParkedEntry] = []
        var last: SpoolPosition?
        do throws(StorageError) {
            while found.count < limit {
                let page = try await spool.parked(after: last, upTo: Self.page)
                guard let end = page.last else { break }
                last = end.spooled.position
                found += page.filter { filter.matches($0.head) }
            }
        } catch {
            throw EventBusError(opening: error)
        }
        return Array(found.prefix(max(0, limit)))
    }
}

extension SpoolStore {
    /// What was put aside, since the broker will never take it: to be looked at, put into the line again, or discarded.
    ///
    /// Their error type is `parked`, and their error what the broker said. An event that is requeued goes behind all that
    /// waits.
    public var parkedLetters: any DeadLetterStore { ParkedLetters(spool: self) }
}

extension EventBusError {
    /// Why a store cannot be looked into.
    package init(opening error: StorageError) {
        let code: Code =
            switch error.code {
            case .inUse, .busy: .inUse
            case .cancelled: .cancelled
            case .closed: .closed
            case .cannotOpen: .notFound
            default: .unavailable
            }
        self.init(code, error.message)
    }
}

extension ParkedEntry {
    fileprivate var head: DeadLetterHead {
        DeadLetterHead(
            eventID: spooled.entry.eventID,
            eventType: spooled.entry.eventType,
            failure: EventFailure(
                error: reason,
                errorType: "parked",
                attempts: 1,
                firstFailedAt: parkedAt,
                lastFailedAt: parkedAt,
                handler: "spool"
            ),
            routingKey: spooled.entry.eventType,
            size: spooled.entry.body.count
        )
    }

    fileprivate var letter: DeadLetter {
        let properties = CarriedProperties(
            routingKey: spooled.entry.eventType,
            messageID: spooled.entry.eventID
        )
        let event =
            (try? EventEnvelope(carrying: spooled.entry.body, properties: properties))
            ?? EventEnvelope(wrapping: spooled.entry.body, properties: properties)
        return DeadLetter(event: event, head: head)
    }
}
