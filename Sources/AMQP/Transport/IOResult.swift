/// What a non-blocking read or write came to.
package enum IOResult: Hashable {
    /// So many bytes were moved; fewer than asked for is normal.
    case bytes(Int)
    /// Nothing can be moved now: poll, then try again.
    case wouldBlock
    /// The peer sends no more.
    case endOfStream
    /// The connection is broken; the text is the reason, for people.
    case failed(String)
}
