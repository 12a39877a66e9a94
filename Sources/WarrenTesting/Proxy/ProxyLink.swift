import Glibc
import WarrenRuntime

/// A client's connection and its counterpart to the broker, in the hands of the proxy's thread.
struct ProxyLink {
    private let client: Descriptor
    private let broker: Descriptor
    private var upstream: ProxyStream
    private var downstream: ProxyStream

    init(client: Descriptor, broker: Descriptor, tapes: ProxyLoop.Tapes?) {
        self.client = client
        self.broker = broker
        upstream = ProxyStream(tapes?.fromClient)
        downstream = ProxyStream(tapes?.fromBroker)
    }

    var received: (fromClient: Int, fromBroker: Int) { (upstream.received, downstream.received) }

    var hasLost: Bool { upstream.hasLost || downstream.hasLost }

    /// What to poll for: the client, then the broker.
    func entries(_ faults: ProxyFaults) -> [pollfd] {
        [
            Self.entry(client, reads: upstream.wantsToRead(faults), writes: downstream.wantsToWrite),
            Self.entry(broker, reads: downstream.wantsToRead(faults), writes: upstream.wantsToWrite),
        ]
    }

    func wakeUp(_ faults: ProxyFaults) -> MonotonicTime? {
        [upstream.wakeUp(faults), downstream.wakeUp(faults)].compactMap { $0 }.min()
    }

    /// Moves bytes; `false` when the link is over.
    mutating func turn(
        client clientEvents: Int16,
        broker brokerEvents: Int16,
        _ faults: ProxyFaults,
        now: MonotonicTime,
        buffer: inout [UInt8]
    ) -> Bool {
        do {
            if Self.isReadable(clientEvents) && upstream.wantsToRead(faults) {
                try upstream.read(from: client, to: broker, faults, now: now, buffer: &buffer)
            }
            if Self.isReadable(brokerEvents) && downstream.wantsToRead(faults) {
                try downstream.read(from: broker, to: client, faults, now: now, buffer: &buffer)
            }
            try upstream.write(to: broker, isWritable: Self.isWritable(brokerEvents), faults, now: now)
            try downstream.write(to: client, isWritable: Self.isWritable(clientEvents), faults, now: now)
        } catch {
            reset()
            return false
        }
        return !(upstream.sinkIsClosed && downstream.sinkIsClosed)
    }

    /// Both sides get a reset when the link goes away.
    func reset() {
        TCPSocket.resetOnClose(client)
        TCPSocket.resetOnClose(broker)
    }

    // MARK: - Private

    /// A descriptor of which nothing is wanted is left out: its end would be reported for ever.
    private static func entry(_ descriptor: Descriptor, reads: Bool, writes: Bool) -> pollfd {
        let events = (reads ? POLLIN : 0) | (writes ? POLLOUT : 0)
        return pollfd(fd: events == 0 ? -1 : descriptor.number, events: Int16(events), revents: 0)
    }

    private static func isReadable(_ events: Int16) -> Bool { events & Int16(POLLIN | POLLHUP | POLLERR) != 0 }

    private static func isWritable(_ events: Int16) -> Bool { events & Int16(POLLOUT | POLLHUP | POLLERR) != 0 }
}
