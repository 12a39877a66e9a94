/// What becomes of an event after its handler.
public enum Disposition: Sendable, Hashable {
    /// It is dealt with.
    case ack
    /// It is tried again after a while (``RetryPolicy/longestWait`` at most), as long as the policy has attempts left; then
    /// it is a dead letter.
    case retry(after: Duration)
    /// It is a dead letter at once: no attempt would end better.
    case deadLetter(reason: String)
    /// It goes back to be handled by whoever can: not its fault (shutdown, overload), and no attempt counted.
    ///
    /// It comes again at once, but after the events that a process has in its hands already. Within a process that ends
    /// it goes with it.
    case release
    /// It is dealt with, though nothing was done.
    case drop
}
