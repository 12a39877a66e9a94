/// What became of some lines when they were sent.
struct SentLines: Sendable {
    /// An event that the broker has, or will have.
    struct InFlight: Sendable {
        let line: Int
        let id: String
        let pending: PendingPublish
    }

    var inFlight: [InFlight] = []
    /// Those that hold no event.
    var badLines: [Int] = []
    /// Where it ended early, and why.
    var failure: (line: Int, reason: CommandFailure)?
}
