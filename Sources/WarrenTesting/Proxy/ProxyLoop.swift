import CLinux
import Glibc
import WarrenRuntime

/// The thread of a fault proxy, and what it shares with those who command it.
final class ProxyLoop: Sendable {
    struct Orders: Sendable {
        var faults = ProxyFaults()
        /// Carried out once, then forgotten.
        var cut: FaultProxy.Cut?
        fileprivate var isStopped = false
    }

    /// What one connection sends, each way.
    struct Tapes: Sendable {
        let fromClient = ProxyTape()
        let fromBroker = ProxyTape()
    }

    /// Several socket buffers' worth, so that one turn moves as much as there is.
    private static let bufferSize = 256 << 10

    let bell = Bell()

    private let port: Int
    private let target: SocketAddress
    private let waker: Waker
    private let listener: Locked<Descriptor?>
    private let orders = Locked(Orders())
    private let seen = Locked(ProxyCounts())
    private let isRecording: Bool
    /// One for each connection so far, where they are recorded.
    private let tapes = Locked<[Tapes]>([])

    init(port: Int, target: SocketAddress, isRecording: Bool) throws(WarrenTestingError) {
        self.isRecording = isRecording
        self.port = port
        self.target = target
        do {
            waker = try Waker()
        } catch {
            throw WarrenTestingError(.system, error.description)
        }
        listener = Locked(try TCPSocket.listening(port: port))
    }

    func start() throws(WarrenTestingError) {
        do {
            try IOThread.start(name: "fault-proxy") { [self] in run() }
        } catch {
            throw WarrenTestingError(.system, error.description)
        }
    }

    var counts: ProxyCounts { seen.withLock { $0 } }

    var recordings: [FaultProxy.Recording] {
        tapes.withLock { $0 }
            .map { FaultProxy.Recording(fromClient: $0.fromClient.bytes, fromBroker: $0.fromBroker.bytes) }
    }

    func change(_ change: (inout Orders) -> Void) {
        orders.withLock { change(&$0) }
        waker.wake()
    }

    func stop() { change { $0.isStopped = true } }

    func refuse() {
        // Shut down here and now: the thread may still hold the descriptor in its poll.
        if let descriptor = listener.withLock({ $0.take() }) { shutdown(descriptor.number, Int32(SHUT_RDWR)) }
        waker.wake()
    }

    func listen() throws(WarrenTestingError) {
        let isListening = listener.withLock { $0 != nil }
        guard !isListening else { return }
        let descriptor = try TCPSocket.listening(port: port)
        listener.withLock { $0 = descriptor }
        waker.wake()
    }

    // MARK: - The thread

    private func run() {
        var links: [ProxyLink] = []
        var buffer = [UInt8](repeating: 0, count: Self.bufferSize)
        var closed = (fromClients: 0, fromBroker: 0)
        while let orders = takeOrders() {
            // A connection that has lost bytes must not go on as if it had not.
            let isOver: (ProxyLink) -> Bool = { link in
                orders.cut != nil || (link.hasLost && orders.faults.flow != .silent)
            }
            for link in links where isOver(link) {
                if orders.cut != .orderly { link.reset() }
                count(link, into: &closed)
            }
            links.removeAll(where: isOver)
            turn(&links, orders.faults, &buffer, &closed)
            note(links, closed)
        }
        refuse()
        seen.withLock { $0.hasEnded = true }
        bell.ring()
    }

    private func takeOrders() -> Orders? {
        orders.withLock { orders in
            guard !orders.isStopped else { return nil }
            defer { orders.cut = nil }
            return orders
        }
    }

    /// Waits for something to do, and does it.
    private func turn(
        _ links: inout [ProxyLink],
        _ faults: ProxyFaults,
        _ buffer: inout [UInt8],
        _ closed: inout (fromClients: Int, fromBroker: Int)
    ) {
        let listener = listener.withLock { $0 }
        var entries = [
            pollfd(fd: waker.descriptor, events: Int16(POLLIN), revents: 0),
            pollfd(fd: listener?.number ?? -1, events: Int16(POLLIN), revents: 0),
        ]
        for link in links { entries += link.entries(faults) }
        let wakeUp = links.compactMap { $0.wakeUp(faults) }.min()
        guard unsafe poll(&entries, nfds_t(entries.count), timeout(until: wakeUp)) >= 0 else { return }
        if entries[0].revents != 0 {
            // The orders have changed: nothing may pass under the old ones.
            waker.reset()
            return
        }
        let now = SystemClock().now
        var over: [Int] = []
        for index in links.indices {
            let isOpen = links[index].turn(
                client: entries[2 + 2 * index].revents,
                broker: entries[3 + 2 * index].revents,
                faults,
                now: now,
                buffer: &buffer
            )
            if !isOpen { over.append(index) }
        }
        for index in over.reversed() { count(links.remove(at: index), into: &closed) }
        if let listener, entries[1].revents & Int16(POLLIN) != 0, let link = accept(from: listener) {
            links.append(link)
        }
    }

    private func timeout(until wakeUp: MonotonicTime?) -> Int32 {
        guard let wakeUp else { return -1 }
        let nanoseconds = SystemClock().now.nanoseconds(until: wakeUp)
        return Int32(clamping: nanoseconds / 1_000_000 + (nanoseconds % 1_000_000 == 0 ? 0 : 1))
    }

    private func accept(from listener: Descriptor) -> ProxyLink? {
        let flags = Int32(SOCK_NONBLOCK.rawValue | SOCK_CLOEXEC.rawValue)
        let number = accept4(listener.number, nil, nil, flags)
        guard number >= 0 else { return nil }
        let client = Descriptor(number)
        TCPSocket.setOption(client, Int32(IPPROTO_TCP), TCP_NODELAY, 1)
        seen.withLock { $0.total += 1 }
        guard let broker = try? target.connect() else {
            TCPSocket.resetOnClose(client)
            return nil
        }
        let new = isRecording ? Tapes() : nil
        if let new { tapes.withLock { $0.append(new) } }
        return ProxyLink(client: client, broker: broker, tapes: new)
    }

    private func count(_ link: ProxyLink, into closed: inout (fromClients: Int, fromBroker: Int)) {
        closed.fromClients += link.received.fromClient
        closed.fromBroker += link.received.fromBroker
    }

    private func note(_ links: [ProxyLink], _ closed: (fromClients: Int, fromBroker: Int)) {
        let fromClients = links.reduce(closed.fromClients) { $0 + $1.received.fromClient }
        let fromBroker = links.reduce(closed.fromBroker) { $0 + $1.received.fromBroker }
        seen.withLock { counts in
            counts.open = links.count
            counts.fromClients = fromClients
            counts.fromBroker = fromBroker
        }
    }
}
