import Warren
package import WarrenRuntime

/// The daemon: events come in by its sources, cross the bus, and leave by its sinks.
///
/// It is at-least-once from end to end: a source counts an event as accepted when it is safe, and a sink's event is
/// dealt with when its target has it.
package final class Bridge: Sendable {
    /// Where a bridge reads, writes and talks.
    package struct Surroundings: Sendable {
        /// Read when the configuration has the source `stdin`.
        package var input: @Sendable () throws(SystemError) -> InputThread
        /// Written by the sink `stdout`.
        package var output: OutputThread
        /// Takes a line for people.
        package var say: @Sendable (String) -> Void
        /// Takes what replaces the progress line.
        package var progress: @Sendable (String) -> Void
        package var clock: any RuntimeClock

        package init(
            input: @escaping @Sendable () throws(SystemError) -> InputThread,
            output: OutputThread,
            say: @escaping @Sendable (String) -> Void,
            progress: @escaping @Sendable (String) -> Void,
            clock: any RuntimeClock = SystemClock()
        ) {
            self.input = input
            self.output = output
            self.say = say
            self.progress = progress
            self.clock = clock
        }
    }

    /// How long what was read may take to get safe after the bridge was asked to end.
    ///
    /// With ``rest``, and what handlers may take within it, no more than the ten seconds that are promised.
    private static let grace = Duration.seconds(6)
    /// How long the bus may take to end after that.
    private static let rest = Duration.milliseconds(3500)
    private static let progressInterval = Duration.milliseconds(250)

    private let configuration: BridgeConfiguration
    private let surroundings: Surroundings
    private let bus: BridgeBus
    private let stores: BridgeStores
    private let sinks: [SinkGroup.Member]
    /// Those at the broker.
    private let subscriptions: [EventSubscription]
    private let source: LineSource?
    private let start: MonotonicTime
    private let stopping = StopSignal()
    private let failure = Locked<BridgeFailure?>(nil)

    /// Opens what the configuration names; nothing is connected before ``run()``.
    ///
    /// - Throws: ``BridgeFailure``, saying what cannot be opened or makes no sense.
    package init(_ configuration: BridgeConfiguration, _ surroundings: Surroundings) async throws(BridgeFailure) {
        self.configuration = configuration
        self.surroundings = surroundings
        start = surroundings.clock.now
        stores = try await BridgeStores(configuration)
        do throws(BridgeFailure) {
            sinks = try await Self.open(configuration.sinks, surroundings)
        } catch {
            await stores.close()
            throw error
        }
        do throws(BridgeFailure) {
            let bus = try BridgeBus(configuration, stores, surroundings.clock)
            let subscriptions = try Self.subscribe(sinks, configuration, bus)
            source = configuration.sources.stdin == nil ? nil : try Self.source(bus, subscriptions, surroundings)
            (self.bus, self.subscriptions) = (bus, subscriptions)
        } catch {
            for member in sinks { await member.sink.close() }
            await stores.close()
            throw error
        }
    }

    /// Runs until the input has ended, where that is all there is to wait for, or the task is cancelled; drains then.
    ///
    /// - Throws: ``BridgeFailure``, saying why it cannot go on, or which lines are not safe.
    package func run() async throws(BridgeFailure) {
        let hasEnded = await gracefully(
            Self.grace,
            rest: Self.rest,
            clock: surroundings.clock,
            stop: { self.stop() },
            work: { await self.work() }
        )
        for member in sinks { await member.sink.close() }
        sayWhatIsSpooled()
        await stores.close()
        let left = source?.unsafeLines ?? LineRanges()
        let unsafe = "\(left) \(left.count == 1 ? "was" : "were") read, but not known to be safe"
        if let failure = failure.withLock({ $0 }) {
            if left.count > 0 { surroundings.say(unsafe) }
            throw failure
        }
        if left.count > 0 { throw BridgeFailure(.failed, unsafe) }
        guard hasEnded else {
            throw BridgeFailure(.failed, "what was under way did not end in time, and was left behind")
        }
        // Nobody else ever has them.
        if let lost = bus.local?.lost, lost > 0 {
            let events = lost == 1 ? "1 event that stays in the process" : "\(lost) events that stay in the process"
            throw BridgeFailure(.failed, "\(events) did not get to a sink, and went with it")
        }
    }

    private func sayWhatIsSpooled() {
        guard let status = stores.spool?.status, let path = configuration.spoolPath else { return }
        if status.count > 0 {
            surroundings.say("\(Self.events(status.count)) wait in the spool '\(path)', and go out at the next start")
        }
        if status.parkedCount > 0 {
            let events = Self.events(status.parkedCount)
            surroundings.say("\(events) were put aside in the spool: 'warren dead list --spool \(path)' shows them")
        }
    }

    private static func events(_ count: Int) -> String { count == 1 ? "1 event" : "\(count) events" }

    /// Goes on with the files that the sinks' paths name now, after a rotation of logs.
    package func reopenFiles() async {
        for member in sinks {
            let sink = "sink '\(member.sink.name)'"
            do {
                if let repair = try await member.sink.reopen() { surroundings.say("\(sink): \(repair)") }
            } catch {
                surroundings.say("\(sink) goes on with the file it has: \(error)")
            }
        }
        surroundings.say("the files of the sinks were opened again")
    }

    /// What was done so far.
    package var report: BridgeReport {
        var report = BridgeReport()
        report.service = configuration.service
        report.input = source?.counts ?? report.input
        report.bus = bus.bus.statistics
        report.sinks = sinks.map { ($0.sink.name, $0.taken.value) }
        report.elapsed = start.duration(until: surroundings.clock.now)
        return report
    }

    // MARK: - Running

    private func work() async {
        await withTaskGroup(of: Bool.self) { group in
            group.addTask {
                await self.runBus()
                return true
            }
            group.addTask {
                await self.runSource()
                return true
            }
            group.addTask {
                await self.narrate()
                return false
            }
            group.addTask {
                await self.showProgress()
                return false
            }
            group.addTask {
                await self.watchOutput()
                return false
            }
            group.addTask {
                await self.announce()
                return false
            }
            // The source has no more, or the bus cannot go on.
            for await isEnd in group where isEnd {
                stop()
                group.cancelAll()
            }
        }
    }

    /// Takes in nothing more.
    private func stop() {
        stopping.stop()
        source?.stop()
    }

    private func runBus() async {
        do {
            try await bus.bus.run()
        } catch {
            fail(BridgeFailure(error.code == .unavailable ? .unavailable : .failed, error.message))
        }
    }

    /// Returns when the bridge may end.
    private func runSource() async {
        var refusal: BridgeFailure?
        if let source {
            do throws(BridgeFailure) {
                try await source.run()
            } catch {
                return fail(error)
            }
            let goesOn = configuration.sources.stdin?.atEnd == .continue
            if !goesOn, !stopping.isStopped {
                if let count = stores.spool?.status.count, count > 0 {
                    surroundings.say("the input has ended; \(Self.events(count)) wait in the spool")
                }
                do throws(BridgeFailure) {
                    try await bus.drain(until: stopping, subscriptions, surroundings.clock)
                } catch {
                    refusal = error
                }
            }
            if goesOn { await stopping.wait() }
        } else {
            await stopping.wait()
        }
        // What stays in the process has nobody else to deal with it.
        if failure.withLock({ $0 }) == nil { await bus.local?.drain() }
        if let refusal { fail(refusal) }
    }

    /// A sink whose reader has gone away ends the bridge.
    private func watchOutput() async {
        guard let sink = configuration.sinks.first(where: { $0.target == .stdout }) else { return }
        let reason = await surroundings.output.failure()
        guard reason != .cancelled else { return }
        fail(BridgeFailure(.failed, "sink '\(sink.name)': \(reason)"))
        stop()
    }

    private func fail(_ new: BridgeFailure) {
        failure.withLock { $0 = $0 ?? new }
    }

    private func narrate() async {
        var throttle = Throttle(interval: .seconds(1))
        for await event in bus.bus.events {
            if let line = throttle.pass(event, at: surroundings.clock.now) { surroundings.say(line) }
        }
    }

    /// Says when no event passes by any more.
    private func announce() async {
        guard !subscriptions.isEmpty else { return }
        for subscription in subscriptions {
            guard (try? await subscription.readyAtLast()) != nil else { return }
        }
        let prefix = configuration.rabbitMQ.queues.prefix
        let queues = subscriptions.map { "'\(prefix)\($0.name)'" }.joined(separator: ", ")
        surroundings.say("events are consumed from \(queues)")
    }

    private func showProgress() async {
        let clock = surroundings.clock
        while (try? await clock.sleep(until: clock.now.advanced(by: Self.progressInterval))) != nil {
            surroundings.progress(report.summary)
        }
    }
}
