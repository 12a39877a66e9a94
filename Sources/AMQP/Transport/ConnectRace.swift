import Glibc
import WarrenRuntime

/// Connects to the first address that answers, after RFC 8305 ("happy eyeballs"): the next one is tried when the one
/// before has failed, or has not answered for a quarter of a second and goes on trying.
package struct ConnectRace {
    /// RFC 8305, section 5: the recommended delay between attempts.
    package static let stagger = Duration.milliseconds(250)

    /// A name with more addresses than this is a mistake, or an attack.
    package static let addressLimit = 16

    private struct Attempt {
        let socket: Socket
        let address: SocketAddress
    }

    private let patience: Patience
    private var waiting: ArraySlice<SocketAddress>
    private var running: [Attempt] = []
    private var failures: [String] = []
    private var nextStart: MonotonicTime

    package init(_ addresses: [SocketAddress], patience: Patience) {
        self.patience = patience
        waiting = SocketAddress.interleaved(addresses).prefix(Self.addressLimit)
        nextStart = patience.clock.now
    }

    /// - Throws: `.connect` with the reason of every address when all have failed; `.timedOut`; `.interrupted`.
    package mutating func run() throws(TransportError) -> Socket {
        while true {
            while !waiting.isEmpty && (running.isEmpty || nextStart <= patience.clock.now) {
                if let winner = startNext() { return winner }
            }
            guard !running.isEmpty else {
                let reasons = failures.joined(separator: "; ")
                throw TransportError(.connect, "cannot connect to \(patience.target): \(reasons)")
            }
            var descriptors = running.map { pollfd(fd: $0.socket.descriptor, events: Int16(POLLOUT), revents: 0) }
            let addresses = running.map(\.address.description).joined(separator: ", ")
            try patience.wait(
                for: &descriptors,
                until: waiting.isEmpty ? .distantFuture : nextStart,
                "connecting to \(addresses)"
            )
            if let winner = collect(descriptors) { return winner }
        }
    }

    /// Starts one attempt; returns its socket when it is connected at once.
    private mutating func startNext() -> Socket? {
        guard let address = waiting.popFirst() else { return nil }
        nextStart = patience.clock.now.advanced(by: Self.stagger)
        do {
            let attempt = Attempt(socket: try Socket(family: address.family), address: address)
            switch attempt.socket.connect(to: address) {
            case .connected:
                return accept(attempt)
            case .underWay:
                running.append(attempt)
            case .failed(let code):
                fail(attempt, code)
            }
        } catch {
            failures.append("\(address): \(error)")
        }
        return nil
    }

    /// Looks at the attempts the kernel has decided.
    private mutating func collect(_ descriptors: [pollfd]) -> Socket? {
        let decided = zip(running, descriptors).filter { $0.1.revents != 0 }.map(\.0)
        running.removeAll { attempt in decided.contains { $0.socket === attempt.socket } }
        for attempt in decided {
            let code = attempt.socket.takeError()
            guard code == 0 else {
                fail(attempt, code)
                continue
            }
            if let winner = accept(attempt) { return winner }
        }
        return nil
    }

    private mutating func accept(_ attempt: Attempt) -> Socket? {
        guard !attempt.socket.isConnectedToItself else {
            fail(attempt, ECONNREFUSED)
            return nil
        }
        return attempt.socket
    }

    private mutating func fail(_ attempt: Attempt, _ code: Int32) {
        failures.append("\(attempt.address): \(SystemError.reason(code))")
        nextStart = patience.clock.now
    }
}
