/// What waits to be written, and who may write it.
///
/// One writer at a time: the I/O thread, or a lone caller on an idle connection. It takes the whole of `pending`,
/// writes outside the lock, and gives the permit back.
struct Outbox: ~Copyable {
    /// Frames appended since the last take.
    var pending = OutgoingBytes()
    private var spare: OutgoingBytes?
    /// What a lone caller could not get rid of: goes out before `pending`.
    private var leftover: OutgoingBytes?
    private(set) var isWriting = false

    /// Events received, and publishes appended without confirms, since the load was last taken.
    var received = 0
    var published = 0
    private var publishedSize = 256

    /// The bound of `pending`, in bytes.
    let limit: Int

    init(limit: Int) {
        self.limit = limit
    }

    var hasWork: Bool { !isWriting && (leftover != nil || !pending.isEmpty) }

    /// Whether `size` more bytes may be appended; one message is always let into an empty outbox.
    func hasRoom(for size: Int) -> Bool {
        pending.isEmpty || pending.count + size <= limit
    }

    mutating func notePublish(size: Int) {
        published += 1
        publishedSize = size
    }

    /// How many more publishes like the last fit.
    var room: Int { max(0, limit - pending.count) / max(1, publishedSize) }

    /// Takes the permit and everything to write, or `nil` when there is nothing or someone else is writing.
    mutating func take() -> OutgoingBytes? {
        guard hasWork else { return nil }
        isWriting = true
        if let leftover = leftover.take() { return leftover }
        var taken = spare.take() ?? OutgoingBytes()
        swap(&taken, &pending)
        return taken
    }

    /// Gives the permit back after everything taken was written; its memory is used again.
    mutating func finish(_ written: consuming OutgoingBytes) {
        isWriting = false
        written.reset(keeping: 2 * limit)
        spare = consume written
    }

    /// Gives the permit back with bytes left, for the I/O thread to go on with.
    mutating func postpone(_ unwritten: consuming OutgoingBytes) {
        isWriting = false
        leftover = consume unwritten
    }

    /// Drops everything: the connection is gone.
    mutating func clear() {
        isWriting = false
        leftover = nil
        pending.reset(keeping: 2 * limit)
    }
}
