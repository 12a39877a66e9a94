/// Which way new events go: straight to the broker, or into the spool, for as long as anything is in it or on its way there.
struct SpoolGate: Sendable {
    /// Why events go into the spool; `nil`: they go straight to the broker.
    private(set) var reason: String?
    /// Whether any have since.
    private(set) var hasTaken = false
    /// Events on their way into the spool.
    private var arriving = 0
    /// Events that were sent to the broker, and may still have to go into the spool.
    private(set) var underWay = 0

    /// - Parameter isEmpty: whether nothing is in the spool from before.
    init(isEmpty: Bool) {
        guard !isEmpty else { return }
        (reason, hasTaken) = ("events of an earlier run wait in it", true)
    }

    /// Whether what is new goes behind what is in the spool.
    var isSpooling: Bool { reason != nil }

    /// From now on events go into the spool.
    mutating func begin(because reason: String) {
        self.reason = self.reason ?? reason
    }

    /// From now on events go to the broker, unless one is just arriving.
    ///
    /// - Returns: whether they do.
    mutating func end() -> Bool {
        guard arriving == 0 else { return false }
        (reason, hasTaken) = (nil, false)
        return true
    }

    /// An event is on its way into the spool.
    ///
    /// - Returns: why, when it is the first.
    mutating func beginArriving() -> String? {
        arriving += 1
        begin(because: "an event was not answered")
        guard !hasTaken else { return nil }
        hasTaken = true
        return reason
    }

    /// Events are in the spool, or will not get there.
    mutating func endArriving(_ count: Int) {
        arriving -= count
    }

    mutating func beginPublish() {
        underWay += 1
    }

    mutating func endPublish() {
        underWay -= 1
    }
}
