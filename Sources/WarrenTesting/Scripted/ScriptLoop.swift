import CLinux
import Glibc
import WarrenRuntime

/// The thread of a scripted broker: it accepts, reads into each connection's record and writes what was sent.
final class ScriptLoop: Sendable {
    private struct State {
        var connections: [ScriptedBroker.Connection] = []
        var handedOut = 0
        var isStopped = false
        var hasEnded = false
    }

    let bell = Bell()

    private let listener: Locked<Descriptor?>
    private let waker: Waker
    private let state = Locked(State())

    init(listener: Descriptor) throws(WarrenTestingError) {
        do {
            waker = try Waker()
        } catch {
            throw WarrenTestingError(.system, error.description)
        }
        self.listener = Locked(listener)
    }

    func start() throws(WarrenTestingError) {
        do {
            try IOThread.start(name: "scripted-broker") { [self] in
                while !isStopped { turn() }
                end()
            }
        } catch {
            throw WarrenTestingError(.system, error.description)
        }
    }

    func stop() {
        state.withLock { $0.isStopped = true }
        waker.wake()
    }

    var connections: [ScriptedBroker.Connection] { state.withLock { $0.connections } }

    var hasEnded: Bool { state.withLock { $0.hasEnded } }

    func takeAccepted() throws(WarrenTestingError) -> ScriptedBroker.Connection? {
        try state.withLock { state throws(WarrenTestingError) in
            guard state.handedOut < state.connections.count else {
                guard !state.isStopped else { throw WarrenTestingError(.wrongState, "the broker was stopped") }
                return nil
            }
            defer { state.handedOut += 1 }
            return state.connections[state.handedOut]
        }
    }

    // MARK: - The thread

    private var isStopped: Bool { state.withLock { $0.isStopped } }

    /// Waits for something to do, and does it.
    private func turn() {
        guard let listener = listener.withLock({ $0 }) else { return }
        let live = connections.compactMap { connection in connection.interest.map { (connection, $0) } }
        var entries = [
            pollfd(fd: waker.descriptor, events: Int16(POLLIN), revents: 0),
            pollfd(fd: listener.number, events: Int16(POLLIN), revents: 0),
        ]
        entries += live.map { pollfd(fd: $0.1.descriptor.number, events: $0.1.events, revents: 0) }
        guard unsafe poll(&entries, nfds_t(entries.count), -1) > 0 else { return }
        if entries[0].revents != 0 { waker.reset() }
        if entries[1].revents != 0 { accept(from: listener) }
        for (entry, (connection, _)) in zip(entries.dropFirst(2), live) {
            connection.work(isReadable: entry.revents & ~Int16(POLLOUT) != 0)
        }
    }

    private func accept(from listener: Descriptor) {
        let flags = Int32(SOCK_NONBLOCK.rawValue | SOCK_CLOEXEC.rawValue)
        let number = accept4(listener.number, nil, nil, flags)
        guard number >= 0 else { return }
        let descriptor = Descriptor(number)
        TCPSocket.setOption(descriptor, Int32(IPPROTO_TCP), TCP_NODELAY, 1)
        let connection = ScriptedBroker.Connection(descriptor, waker: waker)
        state.withLock { $0.connections.append(connection) }
        bell.ring()
    }

    private func end() {
        for connection in connections { connection.abandon() }
        listener.withLock { $0 = nil }
        state.withLock { $0.hasEnded = true }
        bell.ring()
    }
}
