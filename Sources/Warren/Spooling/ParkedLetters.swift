/// What a spool has put aside, as the dead letters that they are: events that somebody has to decide about.
struct ParkedLetters: DeadLetterStore {
    /// How many are read at a time.
    private static let page = 256

    let spool: any SpoolStore

    func list(_ filter: DeadLetterFilter, limit: Int) async throws(EventBusError) -> [DeadLetterHead] {
        var heads: [DeadLetterHead] = []
        try await forEachPage(of: filter, limit: limit) { heads += $0.map(\.head) }
        return heads
    }

    func show(_ filter: DeadLetterFilter, limit: Int) async throws(EventBusError) -> [DeadLetter] {
        var letters: [DeadLetter] = []
        try await forEachPage(of: filter, limit: limit) { letters += $0.map(\.letter) }
        return letters
    }

    func requeue(_ filter: DeadLetterFilter, limit: Int) async throws(EventBusError) -> DeadLetterReport {
        try await change(filter, limit: limit, "requeued") { positions throws(StorageError) in
            try await spool.requeue(positions)
        }
    }

    func discard(_ filter: DeadLetterFilter, limit: Int) async throws(EventBusError) -> DeadLetterReport {
        try await change(filter, limit: limit, "discarded") { positions throws(StorageError) in
            try await spool.discard(positions)
        }
    }

    func purge() async throws(EventBusError) -> Int {
        let report = try await discard(.all, limit: .max)
        guard let kept = report.kept.first else { return report.ids.count }
        throw EventBusError(.unavailable, kept.reason).after(report.ids.count, "discarded")
    }

    /// A page after the other, each at once: it is where it was or where it is to go, whenever this ends.
    ///
    /// - Parameters:
    ///   - filter: which.
    ///   - limit: how many at most.
    ///   - past: what is done, for errors.
    ///   - body: does it, for those of them that are still there or for none, and gives back for which.
    /// - Returns: what became of them; those that somebody else has taken away meanwhile are not in it.
    /// - Throws: as the store says.
    private func change(
        _ filter: DeadLetterFilter,
        limit: Int,
        _ past: String,
        _ body: ([SpoolPosition]) async throws(StorageError) -> [SpoolPosition]
    ) async throws(EventBusError) -> DeadLetterReport {
        var report = DeadLetterReport()
        do throws(EventBusError) {
            try await forEachPage(of: filter, limit: limit) { page throws(EventBusError) in
                do throws(StorageError) {
                    let changed = Set(try await body(page.map(\.spooled.position)))
                    report.ids += page.filter { changed.contains($0.spooled.position) }.map(\.spooled.entry.eventID)
                } catch {
                    let error = EventBusError(opening: error)
                    if error.code == .cancelled || error.code == .closed { throw error }
                    report.kept += page.map { .init(id: $0.spooled.entry.eventID, reason: error.message) }
                }
            }
        } catch {
            throw error.after(report.ids.count, past)
        }
        return report
    }

    /// Reads what is parked now, some MiB at a time.
    ///
    /// - Parameters:
    ///   - filter: which.
    ///   - limit: how many at most.
    ///   - body: called with those of a page that are meant, if any.
    /// - Throws: what `body` throws, and why it cannot be read.
    private func forEachPage(
        of filter: DeadLetterFilter,
        limit: Int,
        _ body: ([ParkedEntry]) async throws(EventBusError) -> Void
    ) async throws(EventBusError) {
        // What was put into the line may be parked again meanwhile; it is not meant.
        var (unread, wanted) = (spool.status.parkedCount, limit)
        var last: SpoolPosition?
        while unread > 0, wanted > 0 {
            let page = try await page(after: last).prefix(unread)
            guard let end = page.last else { return }
            last = end.spooled.position
            let meant = Array(page.filter { filter.matches($0.head) }.prefix(wanted))
            (unread, wanted) = (unread - page.count, wanted - meant.count)
            if !meant.isEmpty { try await body(meant) }
        }
    }

    private func page(after position: SpoolPosition?) async throws(EventBusError) -> [ParkedEntry] {
        do throws(StorageError) {
            return try await spool.parked(after: position, upTo: Self.page)
        } catch {
            throw EventBusError(opening: error)
        }
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
            case .cancelled, .unknown: .cancelled
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
