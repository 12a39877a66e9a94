/// The dead letters of one subscription in both halves of a hybrid bus; what was asked for is done in the local half first.
struct HybridDeadLetters: DeadLetterStore {
    let local: any DeadLetterStore
    let remote: any DeadLetterStore

    func list(_ filter: DeadLetterFilter, limit: Int) async throws(EventBusError) -> [DeadLetterHead] {
        let both = try await both([DeadLetterHead](), +) { store, _ throws(EventBusError) in
            try await store.list(filter, limit: limit)
        }
        return Self.oldest(limit, of: both, \.failure)
    }

    func show(_ filter: DeadLetterFilter, limit: Int) async throws(EventBusError) -> [DeadLetter] {
        let both = try await both([DeadLetter](), +) { store, _ throws(EventBusError) in
            try await store.show(filter, limit: limit)
        }
        return Self.oldest(limit, of: both, \.failure)
    }

    func requeue(_ filter: DeadLetterFilter, limit: Int) async throws(EventBusError) -> DeadLetterReport {
        try await both(DeadLetterReport(), +) { store, done throws(EventBusError) in
            try await store.requeue(filter, limit: limit - done.ids.count)
        }
    }

    func discard(_ filter: DeadLetterFilter, limit: Int) async throws(EventBusError) -> DeadLetterReport {
        try await both(DeadLetterReport(), +) { store, done throws(EventBusError) in
            try await store.discard(filter, limit: limit - done.ids.count)
        }
    }

    func purge() async throws(EventBusError) -> Int {
        try await both(0, +) { store, _ throws(EventBusError) in try await store.purge() }
    }

    /// What both halves have; a subscription may be unknown to one of them, but not to both.
    private func both<Value>(
        _ nothing: Value,
        _ add: (Value, Value) -> Value,
        _ body: (any DeadLetterStore, Value) async throws(EventBusError) -> Value
    ) async throws(EventBusError) -> Value {
        var (result, isKnown) = (nothing, false)
        var unknown: EventBusError?
        for store in [local, remote] {
            do throws(EventBusError) {
                result = add(result, try await body(store, result))
                isKnown = true
            } catch {
                guard error.code == .notFound else { throw error }
                unknown = error
            }
        }
        if !isKnown, let unknown { throw unknown }
        return result
    }

    private static func oldest<Letter>(
        _ limit: Int,
        of letters: [Letter],
        _ failure: (Letter) -> EventFailure
    ) -> [Letter] {
        let sorted = letters.sorted { failure($0).lastFailedAt.milliseconds < failure($1).lastFailedAt.milliseconds }
        return Array(sorted.prefix(max(0, limit)))
    }
}
