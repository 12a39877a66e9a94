import AMQP
import WarrenRuntime

/// The way to one host, below AMQP: its addresses, and whether one of them answers.
struct HostExamination: Sendable {
    private static let limit = Duration.seconds(10)
    let host: AMQPURL.Host

    func addresses() async throws(Finding) -> [SocketAddress] {
        try await onThread { () throws(TransportError) in
            try Resolver.resolve(host.name, port: host.port, patience: patience())
        } explaining: {
            .failed(.dns, $0)
        }
    }

    /// Connects, and hangs up; how long it took.
    func connect(to addresses: [SocketAddress]) async throws(Finding) -> Duration {
        let clock = SystemClock()
        let start = clock.now
        try await onThread { () throws(TransportError) in
            var race = ConnectRace(addresses, patience: try patience())
            _ = try race.run()
        } explaining: {
            .failed(.tcp, $0)
        }
        return start.duration(until: clock.now)
    }

    private func patience() throws(TransportError) -> Patience {
        let clock = SystemClock()
        do {
            return Patience(
                target: "\(host)",
                deadline: clock.now.advanced(by: Self.limit),
                clock: clock,
                interrupt: try Waker(),
                shouldStop: { false }
            )
        } catch {
            throw TransportError(.connect, "\(error)")
        }
    }

    /// Name servers and dead hosts block the thread that asks: let it be none of the cooperative pool.
    private func onThread<Value: Sendable>(
        _ body: @escaping @Sendable () throws(TransportError) -> Value,
        explaining: (String) -> Finding
    ) async throws(Finding) -> Value {
        let result: Result<Value, TransportError> = await withCheckedContinuation { continuation in
            do {
                try IOThread.start(name: "warren-doctor") {
                    continuation.resume(returning: Result(catching: body))
                }
            } catch {
                continuation.resume(returning: .failure(TransportError(.connect, "\(error)")))
            }
        }
        switch result {
        case .success(let value): return value
        case .failure(let error): throw explaining("\(error)")
        }
    }
}
