import CLinux
import Glibc
import WarrenRuntime

/// What the I/O thread does: connect, log in, move bytes, and start again when the connection is lost.
struct ConnectionLoop: ~Copyable {
    private let connection: Connection
    private let recoveries: AsyncStream<UInt64>.Continuation
    private var settings: ConnectionSettings { connection.settings }
    private var clock: any RuntimeClock { connection.clock }

    init(_ connection: Connection, _ recoveries: AsyncStream<UInt64>.Continuation) {
        self.connection = connection
        self.recoveries = recoveries
    }

    /// - Returns: why the connection ended for good; `nil` when the application closed it.
    mutating func run() -> AMQPError? {
        // The pauses of `Moderation` shall end when they should, not 50 microseconds later.
        _ = warren_set_timer_slack(5000)
        var attempt = 0
        var refusals = 0
        while !isClosing {
            attempt += 1
            var connected: MonotonicTime?
            let failure = connectAndServe {
                connected = clock.now
                connection.owner.wasConnected.fulfil(())
            }
            if let connected {
                // A broker that hangs up again and again is waited for longer and longer.
                if connected.advanced(by: settings.backoff.maximum) <= clock.now { attempt = 0 }
            }
            guard let failure, !isClosing else { break }
            refusals = failure.code == .loginRefused ? refusals + 1 : 0
            if isTerminal(failure, refusals) { return failure }
            connection.perform { core, effects in core.disconnected(failure, into: &effects) }
            connection.owner.report(AMQPEvent(kind: .disconnected, subject: settings.hostList, error: failure))
            connection.status.set(.connecting(attempt: attempt + 1, failure))
            pause(for: settings.backoff.delay(attempt: max(1, attempt)))
        }
        return nil
    }

    private func isTerminal(_ failure: AMQPError, _ refusals: Int) -> Bool {
        // Of a client that was let in before, the directory that knows it may be away.
        guard connection.owner.wasConnected.current == nil else { return false }
        return switch failure.code {
        // What a provider gave may just have expired: it is asked once more.
        case .loginRefused: settings.credentials == nil || refusals > 1
        case .vhostNotFound: true
        default: !settings.retriesFirst
        }
    }

    private var isClosing: Bool {
        connection.core.withLock { core in core.phase == .closing }
    }

    /// - Returns: why there is no connection any more; `nil` after a close in peace.
    private func connectAndServe(_ connected: () -> Void) -> AMQPError? {
        do throws(AMQPError) {
            var session = try open()
            connected()
            return session.serve()
        } catch {
            return error
        }
    }

    /// Tries every host once, in random order.
    private func open() throws(AMQPError) -> ConnectionSession {
        var failure: AMQPError?
        for host in settings.hosts.shuffled() where !isClosing {
            do throws(AMQPError) {
                return try open(host)
            } catch {
                // A refused login elsewhere in the cluster would be refused again.
                if error.code == .loginRefused || error.code == .noCredentials { throw error }
                failure = error
            }
        }
        throw failure ?? AMQPError(.closed, "the client is closing")
    }

    private func open(_ host: AMQPURL.Host) throws(AMQPError) -> ConnectionSession {
        let credentials = try connection.credentials(until: clock.now.advanced(by: settings.connectTimeout))
        let deadline = clock.now.advanced(by: settings.connectTimeout)
        let transport: Transport
        do throws(TransportError) {
            transport = try Transport.connect(
                to: host.name,
                port: host.port,
                tls: settings.tls,
                deadline: deadline,
                clock: clock,
                interrupt: connection.waker,
                shouldStop: { [connection] in connection.core.withLock { core in core.phase == .closing } }
            )
        } catch {
            throw AMQPError(error.code, error.message)
        }
        let login = settings.login(at: host, as: credentials)
        var opening = ConnectionOpening(connection, transport, login, deadline: deadline)
        let negotiated = try opening.run()
        connection.broker.withLock { $0 = AMQPBrokerInfo(negotiated) }
        let ready = !connection.owner.needsRecovery()
        let epoch = connection.perform { core, effects in
            core.connected(transport, negotiated.tuning, ready: ready, into: &effects)
            return core.epoch
        }
        connection.status.set(.open)
        connection.owner.report(AMQPEvent(kind: .connected, subject: host.description, error: nil))
        if !ready { recoveries.yield(epoch) }
        return ConnectionSession(
            connection,
            transport,
            opening.takeParser(),
            host: host.description,
            heartbeat: negotiated.tuning.heartbeat,
            recover: { [recoveries] epoch in recoveries.yield(epoch) }
        )
    }

    /// Waits, but not longer than until the application closes.
    private func pause(for duration: Duration) {
        let end = clock.now.advanced(by: duration)
        while !isClosing, clock.now < end {
            connection.waker.sleep(timeout: clock.blockingTimeout(until: end))
        }
    }
}

extension TransportError {
    /// What the failure is to a user of the client.
    fileprivate var code: AMQPError.Code {
        switch kind {
        case .resolve, .connect, .timedOut: .unreachable
        case .tls: .tlsFailed
        case .interrupted: .closed
        }
    }
}
