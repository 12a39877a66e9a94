/// What to measure, from the command line.
struct Run: Sendable {
    enum Mode: String, CaseIterable, Sendable {
        case publishNoConfirm = "publish_noconfirm"
        case publishNoConfirmBatch = "publish_noconfirm_batch"
        case publishConfirm = "publish_confirm"
        case publishConfirmBatch = "publish_confirm_batch"
        case publishConfirmAwait = "publish_confirm_await"
        case publishConfirmPersistent = "publish_confirm_persistent"
        case consumeAck = "consume_ack"
        case consumeAckEach = "consume_ack_each"
        case pingPong = "pingpong"
        case localBus = "local_bus"
        case localBusBuffered = "local_bus_buffered"
        case localBusEnvelopes = "local_bus_envelopes"
        case localBusObservers = "local_bus_10_observers"
        case spoolAppendFull = "spool_append_full"
        case spoolAppendNormal = "spool_append_normal"
    }

    let mode: Mode
    let count: Int
    let size: Int
    let inFlight: Int
    let url: String

    /// The null broker speaks just enough AMQP for the timed section: no declarations, no counts.
    let isNull: Bool

    /// Where files go, on the disk that is to be measured.
    let folder: String

    static var usage: String {
        """
        usage: warren-bench MODE N SIZE [INFLIGHT] [--url URL]

          MODE      \(Mode.allCases.map(\.rawValue).joined(separator: " | "))
          N         messages
          SIZE      bytes of each message's body
          INFLIGHT  unanswered publishes at a time (1000), or tasks that each await their own confirm (200);
                    of local_bus_buffered: events that may wait for the handler; of spool_append_…: tasks (64)
                    that each await their own append, to a file in $BENCH_FOLDER, else here
          --url     the broker; default: amqp://guest:guest@127.0.0.1:$BENCH_PORT, port 5672 when that is not set

        Prints one JSON line: wall time, messages per second, user and system CPU seconds of this process.
        """
    }

    /// - Returns: `nil` when the arguments make no sense.
    init?(arguments: [String], environment: [String: String]) {
        var positional: [String] = []
        var url: String?
        var rest = arguments[...]
        while let argument = rest.popFirst() {
            if argument == "--url" {
                guard let value = rest.popFirst() else { return nil }
                url = value
            } else {
                positional.append(argument)
            }
        }
        guard (3...4).contains(positional.count), let mode = Mode(rawValue: positional[0]),
            let count = Int(positional[1]), let size = Int(positional[2]), count > 0, size >= 0
        else { return nil }
        self.mode = mode
        self.count = count
        self.size = size
        if positional.count == 4 {
            guard let inFlight = Int(positional[3]), inFlight > 0 else { return nil }
            self.inFlight = inFlight
        } else {
            inFlight =
                switch mode {
                case .publishConfirmAwait: 200
                case .spoolAppendFull, .spoolAppendNormal: 64
                default: 1000
                }
        }
        let port = environment["BENCH_PORT"] ?? "5672"
        self.url = url ?? "amqp://guest:guest@127.0.0.1:\(port)"
        isNull = environment["BENCH_NULL"] == "1"
        folder = environment["BENCH_FOLDER"] ?? "."
    }
}
