import Glibc
import Synchronization
import WarrenRuntime

/// Turns host names into addresses without ever blocking longer than the caller's patience.
///
/// `getaddrinfo` cannot be interrupted, so it runs on a helper thread, which is left behind when the caller gives up
/// and ends when the system's resolver does.
package enum Resolver {
    /// How many look-ups may hang at once in the process, over all connections.
    package static let limit = 32

    private static let running = Atomic<Int>(0)

    /// Replaces `getaddrinfo` in tests.
    package typealias LookUp = @Sendable (_ host: String, _ port: UInt16) -> Outcome

    package enum Outcome: Sendable {
        case addresses([SocketAddress])
        case failed(String)
    }

    /// What the helper thread leaves for the waiting one.
    private final class Answer: Sendable {
        let outcome = Locked<Outcome?>(nil)
        let arrived: Waker

        init() throws(SystemError) {
            arrived = try Waker()
        }
    }

    /// The addresses of a host, at least one; a literal needs no helper thread.
    package static func resolve(
        _ host: String,
        port: UInt16,
        patience: Patience,
        lookUp: @escaping LookUp = { Resolver.systemLookUp($0, port: $1) }
    ) throws(TransportError) -> [SocketAddress] {
        if case .addresses(let addresses) = systemLookUp(host, port: port, flags: AI_NUMERICHOST) { return addresses }
        guard running.add(1, ordering: .relaxed).newValue <= limit else {
            running.subtract(1, ordering: .relaxed)
            throw failure(patience, "\(limit) look-ups of host names hang already: is the name server reachable?")
        }
        let answer: Answer
        do {
            let shared = try Answer()
            try IOThread.start(name: "warren-resolver") {
                let outcome = lookUp(host, port)
                running.subtract(1, ordering: .relaxed)
                shared.outcome.withLock { $0 = outcome }
                shared.arrived.wake()
            }
            answer = shared
        } catch {
            running.subtract(1, ordering: .relaxed)
            throw failure(patience, "\(error)")
        }
        while true {
            switch answer.outcome.withLock({ $0 }) {
            case .addresses(let addresses) where !addresses.isEmpty:
                return addresses
            case .addresses:
                throw failure(patience, "the name has no address")
            case .failed(let reason):
                throw failure(patience, reason)
            case nil:
                var descriptors = [pollfd(fd: answer.arrived.descriptor, events: Int16(POLLIN), revents: 0)]
                try patience.wait(for: &descriptors, "looking up the host name")
            }
        }
    }

    private static func failure(_ patience: Patience, _ reason: String) -> TransportError {
        TransportError(.resolve, "cannot resolve the host of \(patience.target): \(reason)")
    }

    package static func systemLookUp(_ host: String, port: UInt16, flags: Int32 = 0) -> Outcome {
        var hints = unsafe addrinfo()
        unsafe hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
        unsafe hints.ai_flags = flags | AI_NUMERICSERV
        var list: UnsafeMutablePointer<addrinfo>?
        let code = unsafe getaddrinfo(host, String(port), &hints, &list)
        guard code == 0 else {
            let system = errno
            guard code != EAI_SYSTEM else { return .failed(SystemError.reason(system)) }
            return .failed(unsafe gai_strerror(code).map { unsafe String(cString: $0) } ?? "error \(code)")
        }
        defer { unsafe freeaddrinfo(list) }
        var addresses: [SocketAddress] = []
        var next = unsafe list
        while let entry = unsafe next {
            if let address = unsafe entry.pointee.ai_addr {
                addresses.append(unsafe SocketAddress(address, length: entry.pointee.ai_addrlen))
            }
            unsafe next = entry.pointee.ai_next
        }
        return .addresses(addresses)
    }
}
