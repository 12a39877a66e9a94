import WarrenRuntime

extension LocalBroker {
    /// The variable that names a running broker to use instead of a private one.
    static let variable = "WARREN_TEST_URL"

    private static let sharedStart = Locked<Task<LocalBroker, any Error>?>(nil)

    /// The broker that all tests of this process share: started at the first call, gone when the process ends.
    ///
    /// With `WARREN_TEST_URL` in the environment it is the broker of that URL; the verbs that break a broker then throw
    /// ``WarrenTestingError`` with `.notOurBroker`.
    ///
    /// - Throws: what ``start(nodes:options:)`` throws (the same for every caller: a failed start is not tried again), and
    ///   `.invalidArgument` when `WARREN_TEST_URL` is no AMQP URL.
    public static func shared() async throws -> LocalBroker {
        if let url = environmentVariable(variable), !url.isEmpty {
            return LocalBroker(external: try BrokerAddress(url, name: variable))
        }
        let start = sharedStart.withLock { start in
            if let start { return start }
            // A task of its own: the first caller's cancellation must not take the broker from the others.
            let task = Task { try await LocalBroker.start() }
            start = task
            return task
        }
        return try await start.value
    }
}
