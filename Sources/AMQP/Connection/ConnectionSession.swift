import CLinux
import Glibc
import WarrenRuntime

/// One open connection, served by the I/O thread until it ends: writes what waits, reads what comes, minds the
/// heartbeats.
struct ConnectionSession: ~Copyable {
    private enum End {
        case closed
        case lost(AMQPError)
    }

    /// The application's close, under way.
    private enum Closing {
        /// Outstanding confirms may still come.
        case draining(until: MonotonicTime)
        case saidGoodbye(until: MonotonicTime)
    }

    private let connection: Connection
    private let transport: Transport
    private let host: String
    private let recover: (UInt64) -> Void
    private var parser: FrameParser
    private var decoder: InboundDecoder
    private var heartbeat: HeartbeatMonitor
    private var moderation: Moderation
    private var events: [InboundEvent] = []
    /// What is being written.
    private var flight: OutgoingBytes?
    private var closing: Closing?
    private var end: End?
    /// Whether anything moved since the thread last slept.
    private var hadTraffic = false
    /// How many bytes have to have come before `poll` announces them.
    private var lowWaterMark = 1
    /// How long the peer's system may acknowledge nothing of what it was sent.
    private let peerTimeout: Duration
    private var isBlocked = false

    /// How long the thread waits at most for a socket that takes no more.
    private static let stuckCheck: Duration = .seconds(1)

    /// How long a peer without heartbeats may acknowledge nothing.
    private static let silence: Duration = .seconds(30)

    /// What is worth a read, in bytes: most of what one can take.
    private static let gatheredBytes = FrameParser.readSize / 4 * 3

    init(
        _ connection: Connection,
        _ transport: Transport,
        _ parser: consuming FrameParser,
        host: String,
        heartbeat: UInt16,
        recover: @escaping (UInt64) -> Void
    ) {
        self.recover = recover
        self.connection = connection
        self.transport = transport
        self.host = host
        self.parser = parser
        decoder = InboundDecoder(maximumMessageSize: connection.settings.maximumMessageSize) { channel in
            connection.core.withLock { core in core.isInUse(channel) }
        }
        self.heartbeat = HeartbeatMonitor(timeoutSeconds: heartbeat, now: connection.clock.now)
        // What packets cost is measured in real time, whatever the clock of the deadlines.
        moderation = Moderation(now: SystemClock().now)
        // As long as for heartbeats, which say nothing where they are off, or while nothing is read.
        peerTimeout = heartbeat == 0 ? Self.silence : .seconds(Int(heartbeat)) * 3 / 2
        transport.setPeerTimeout(peerTimeout)
    }

    /// - Returns: why the connection was lost; `nil` after a close in peace.
    mutating func serve() -> AMQPError? {
        // The handshake's last read may have brought more.
        process()
        while end == nil { turn() }
        transport.shutdown()
        if case .lost(let error) = end { return error }
        return nil
    }

    /// One turn: timers, writing, waiting, reading.
    private mutating func turn() {
        let now = connection.clock.now
        mindTimers(now)
        mindClosing(now)
        write(now)
        guard end == nil else { return }
        let isBusy = moderation.isBusy
        let load = connection.core.withLock { core in core.takeLoad(withRoom: isBusy) }
        moderation.note(load, now: SystemClock().now)
        let mayPause = flight == nil && !transport.hasBufferedOutput && closing == nil
        if mayPause, let pause = moderation.pause(load), !connection.core.withLock({ $0.isOverfull }) {
            letGather(pause)
            read()
        } else if waitForInput(now) {
            read()
        }
    }

    private mutating func lose(_ code: AMQPError.Code, _ message: String, reply: AMQPReply? = nil) {
        guard end == nil else { return }
        end = .lost(AMQPError(code, message, reply: reply))
    }

    // MARK: - Time

    private mutating func mindTimers(_ now: MonotonicTime) {
        connection.perform { core, effects in core.expire(now: now, into: &effects) }
        var verdict = heartbeat.check(at: now)
        if verdict == .dead {
            // If it is this process that stood still, signs of life may wait in the socket.
            read()
            verdict = heartbeat.check(at: now)
        }
        switch verdict {
        case .fine: return
        case .send:
            connection.core.withLock { core in core.outbox.pending.bytes.append(FrameFormat.heartbeatFrame) }
        case .dead:
            lose(.connectionLost, "\(host) gave no sign of life for one and a half heartbeat timeouts")
        }
    }

    private mutating func mindClosing(_ now: MonotonicTime) {
        let (isClosing, isDrained) = connection.core.withLock { core in
            (core.phase == .closing, core.phase == .closing && core.isDrained)
        }
        guard isClosing else { return }
        let deadline = now.advanced(by: connection.settings.closeTimeout)
        switch closing {
        case nil:
            closing = .draining(until: deadline)
            mindClosing(now)
        case .draining(let until):
            guard isDrained || until <= now else { return }
            sayGoodbye(.goodbye)
            closing = .saidGoodbye(until: deadline)
        case .saidGoodbye(let until):
            if until <= now { end = .closed }
        }
    }

    private func sayGoodbye(_ reply: AMQPReply) {
        connection.core.withLock { core in
            core.sendGatheredAcks()
            // A close always fits a frame.
            try? core.send(.connectionClose(CloseReason(reply: reply, classID: 0, methodID: 0)), on: 0)
        }
    }

    // MARK: - Writing

    private mutating func write(_ now: MonotonicTime) {
        if transport.hasBufferedOutput, case .failed(let reason) = transport.flush() { return leave(reason) }
        if flight == nil {
            flight = takeOutgoing(now)
        }
        guard var bytes = flight.take() else { return }
        heartbeat.sent(at: now)
        connection.activity.noteSent(at: now)
        hadTraffic = true
        switch bytes.write(to: transport) {
        case .done:
            finish(bytes)
        case .blocked:
            flight = consume bytes
        case .failed(let reason): leave(reason)
        }
    }

    /// The peer takes no more; what it has said before, such as confirms and why it leaves, is true all the same.
    private mutating func leave(_ reason: String) {
        while end == nil, read() {}
        lose(.connectionLost, "the connection to \(host) was lost: \(reason)")
    }

    private func takeOutgoing(_ now: MonotonicTime) -> OutgoingBytes? {
        var effects = Effects()
        let bytes = connection.core.withLock { core -> OutgoingBytes? in
            core.isAsleep = false
            core.wantsAttention = false
            return core.takeOutgoing(now: now, into: &effects)
        }
        effects.perform(report: connection.owner.report)
        return bytes
    }

    private func finish(_ bytes: consuming OutgoingBytes) {
        var written = Optional(bytes)
        connection.core.withLock { core in
            if let bytes = written.take() { core.outbox.finish(bytes) }
        }
    }

    // MARK: - Waiting and reading

    /// - Returns: whether there may be something to read.
    private mutating func waitForInput(_ now: MonotonicTime) -> Bool {
        let isStuck = flight != nil || transport.hasBufferedOutput
        let hadTraffic = hadTraffic
        let (rest, timer, isOverfull) = connection.core.withLock { core in
            // Publishes behind a socket that takes no more have their deadline all the same.
            if isStuck { core.markPublishes(now: now) }
            // While the socket takes no more, more bytes are no reason to wake.
            let rest = isStuck ? .long : core.prepareToSleep(hadTraffic: hadTraffic, now: now)
            return (rest, core.nextTimer, core.isOverfull)
        }
        guard isOverfull || !transport.hasBufferedInput else { return true }
        self.hadTraffic = false
        var wakeTime = min(timer, heartbeat.nextCheck)
        if isStuck { wakeTime = min(wakeTime, now.advanced(by: Self.stuckCheck)) }
        switch rest {
        case .none: return false
        case .brief(let end): wakeTime = min(wakeTime, end)
        case .long: break
        }
        switch closing {
        case .draining(let until), .saidGoodbye(let until): wakeTime = min(wakeTime, until)
        case nil: break
        }
        setLowWaterMark(1)
        let readiness = connection.waker.wait(
            on: transport.descriptor,
            readable: !isOverfull,
            writable: isStuck,
            timeout: connection.clock.blockingTimeout(until: wakeTime)
        )
        // Not reading is no proof that the peer is dead.
        if isOverfull { heartbeat.received(at: connection.clock.now) }
        // Where nothing is to be read the socket says so only of its end, behind what it still holds.
        return readiness.readable
    }

    /// Sleeps while more comes, until it is as much as a read shall bring at least or until the pause is over.
    private mutating func letGather(_ pause: Int64) {
        setLowWaterMark(Self.gatheredBytes)
        if !transport.hasBufferedInput { warren_wait_readable(transport.descriptor, pause) }
    }

    private mutating func setLowWaterMark(_ bytes: Int) {
        guard bytes != lowWaterMark else { return }
        lowWaterMark = bytes
        transport.setLowWaterMark(bytes)
    }

    /// - Returns: whether something came.
    @discardableResult
    private mutating func read() -> Bool {
        let result = unsafe parser.fill { [transport] buffer in unsafe transport.read(into: buffer) }
        switch result {
        case .bytes:
            let now = connection.clock.now
            heartbeat.received(at: now)
            connection.activity.noteReceived(at: now)
            hadTraffic = true
            process()
            return true
        case .wouldBlock: return false
        case .endOfStream: lose(.connectionLost, "\(host) closed the connection")
        case .failed(let reason): lose(.connectionLost, "the connection to \(host) was lost: \(reason)")
        }
        return false
    }

    /// Decodes everything that came, then applies it in one go.
    private mutating func process() {
        do throws(WireError) {
            while let frame = try parser.next() {
                if let event = try decoder.decode(frame) { events.append(event) }
            }
            try apply()
        } catch {
            // What came before the offending frame is true all the same.
            try? apply()
            refuse(error)
        }
    }

    private mutating func apply() throws(WireError) {
        guard !events.isEmpty else { return }
        let batch = events
        events.removeAll(keepingCapacity: true)
        let now = connection.clock.now
        let outcome = connection.perform { core, effects -> Result<ConnectionCore.Verdict, WireError> in
            do throws(WireError) {
                let verdict = try core.apply(batch, now: now, into: &effects)
                // One frame may confirm many publishes: what counts is the messages that moved.
                core.outbox.received += max(batch.count, effects.outcomes.reduce(0) { $0 + $1.count })
                return .success(verdict)
            } catch {
                return .failure(error)
            }
        }
        switch try outcome.get() {
        case .goOn:
            mindBlocking(connection.core.withLock { $0.blockedReason })
            let wish = connection.core.withLock { core in core.takeRecoveryWish(now: now) }
            if let wish, connection.owner.needsRecovery() { recover(wish) }
        case .closeConfirmed: end = .closed
        case .closedByPeer(let reason):
            let declarations = connection.perform { core, effects in
                // An answer without arguments always fits.
                try? core.send(.connectionCloseOK, on: 0)
                return core.blame(reason, into: &effects)
            }
            let text = "\(host) closed the connection: \(reason.reply)"
            for declaration in declarations {
                connection.owner.blamed(declaration, AMQPError(.connectionLost, text, reply: reason.reply))
            }
            lose(.connectionLost, text, reply: reason.reply)
            write(now)
        }
    }

    /// A broker that blocks publishers reads nothing more, for as long as it likes, and is not dead for that.
    private mutating func mindBlocking(_ reason: String?) {
        connection.status.set(blockedReason: reason)
        guard isBlocked != (reason != nil) else { return }
        isBlocked.toggle()
        transport.setPeerTimeout(isBlocked ? nil : peerTimeout)
    }

    /// The peer broke the protocol: say so, as far as that goes, and leave.
    private mutating func refuse(_ error: WireError) {
        guard end == nil else { return }
        lose(.protocolViolation, "\(host) broke the AMQP protocol: it sent \(error.message)")
        sayGoodbye(AMQPReply(code: 501, text: "FRAME_ERROR"))
        write(connection.clock.now)
    }
}
