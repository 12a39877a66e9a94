package import Warren

/// A broker takes back what a consumer has held for 30 minutes (`consumer_timeout`), and closes its channel: what follows
/// from that for those who hold events.
extension Subscriber {
    /// How long the last of what was handed out may be in coming to its handler.
    private static let longestBacklog = Duration.seconds(25 * 60)

    /// How many events may be in this process and not dealt with: enough for the concurrency and for batches, but no more
    /// than can be handled in time where each takes as long as it may.
    ///
    /// - Parameter timeout: that of the bus, for a subscription without one of its own.
    /// - Returns: the number, 1 to 65,535.
    package func effectivePrefetch(timeout: Duration) -> Int {
        if let prefetch { return prefetch }
        var batch = 1
        if case .batch(let limit, _) = handler { batch = limit }
        let most = Double(UInt16.max)
        let rounds = min(max(1, Self.longestBacklog / (self.timeout ?? timeout)), most)
        return min(max(concurrency * 2, batch * 2, 100), concurrency * batch * Int(rounds), Int(UInt16.max))
    }
}
