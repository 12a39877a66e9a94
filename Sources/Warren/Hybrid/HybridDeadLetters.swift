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
        try await change(limit, "requeued") { store, limit throws(EventBusError) in
            try await store.requeue(filter, limit: limit)
        }
    }

    func discard(_ filter: DeadLetterFilter, limit: Int) async throws(EventBusError) -> DeadLetterReport {
        try await change(limit, "discarded") { store, limit throws(EventBusError) in
            try await store.discard(filter, limit: limit)
        }
    }

    func purge() async throws(EventBusError) -> Int {
        try await both(0, +, counting: (\.self, "purged")) { store, _ throws(EventBusError) in try await store.purge() }
    }

    private func change(
        _ limit: Int,
        _ past: String,
        _ body: (any DeadLetterStore, Int) async throws(EventBusError) -> DeadLetterReport
    ) async throws(EventBusError) -> DeadLetterReport {
        try await both(DeadLetterReport(), +, counting: (\.ids.count, past)) { store, done throws(EventBusError) in
            try await body(store, limit - done.ids.count)
        }
    }

    /// What both halves have; a subscription may be unknown to one of them, but not to both.
    ///
    /// - Parameters:
    ///   - nothing: what neither has.
    ///   - add: puts both together.
    ///   - counted: how much the first half has done, and what, for the error of the other.
    ///   - body: what is asked of a half; it also gets what the first one had.
    /// - Returns: what both have.
    /// - Throws: as the store says.
    private func both<Value>(
        _ nothing: Value,
        _ add: (Value, Value) -> Value,
        counting counted: (done: KeyPath<Value, Int>, past: String)? = nil,
        _ body: (any DeadLetterStore, Value) async throws(EventBusError) -> Value
    ) async throws(EventBusError) -> Value {
        var (result, isKnown) = (nothing, false)
        var unknown: EventBusError?
        for store in [local, remote] {
            do throws(EventBusError) {
                result = add(result, try await body(store, result))
                isKnown = true
            } catch {
                guard error.code == .notFound else {
                    guard let counted else { throw error }
                    throw error.after(result[keyPath: counted.done], "\(counted.past) in this process")
                }
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
