import Warren
import WarrenRabbitMQ
import WarrenRuntime

/// How a bridge is put together from its configuration.
extension Bridge {
    static func open(
        _ sinks: [BridgeConfiguration.Sink],
        _ surroundings: Surroundings
    ) async throws(BridgeFailure) -> [SinkGroup.Member] {
        var members: [SinkGroup.Member] = []
        do {
            for sink in sinks { members.append(SinkGroup.Member(sink: try open(sink, surroundings))) }
        } catch {
            for member in members { await member.sink.close() }
            throw error
        }
        return members
    }

    private static func open(
        _ sink: BridgeConfiguration.Sink,
        _ surroundings: Surroundings
    ) throws(BridgeFailure) -> any Sink {
        switch sink.target {
        case .stdout:
            return OutputSink(name: sink.name, types: sink.types, output: surroundings.output)
        case .file(let path):
            do {
                let file = try FileSink(name: sink.name, types: sink.types, path: path)
                if let repair = file.repair { surroundings.say("sink '\(sink.name)': '\(path)': \(repair)") }
                return file
            } catch {
                let kind: BridgeFailure.Kind = error.code == .unusable ? .configuration : .failed
                throw BridgeFailure(kind, "sink '\(sink.name)': \(error)")
            }
        case .webhook:
            throw BridgeFailure(.configuration, "sink '\(sink.name)': webhooks are not available yet")
        }
    }

    /// Within the process every sink subscribes to its own types.
    ///
    /// At the broker those that live on `event_routing` share the queue of the service, and each other has a queue of
    /// its own.
    ///
    /// - Returns: the subscriptions at the broker; those within the process need no care.
    static func subscribe(
        _ sinks: [SinkGroup.Member],
        _ configuration: BridgeConfiguration,
        _ bus: BridgeBus
    ) throws(BridgeFailure) -> [EventSubscription] {
        let retry = configuration.retry.policy
        var subscriptions: [EventSubscription] = []
        do throws(EventBusError) {
            for (sink, member) in zip(configuration.sinks, sinks) {
                let name = "\(configuration.service).\(sink.name)"
                let subscriber = SinkGroup([member]).subscriber(name, to: sink.types, retry: retry)
                if let local = bus.local { _ = try local.add(subscriber) }
                guard let remote = bus.remote, !configuration.isRouted(sink) else { continue }
                let patterns = sink.types.filter { !bus.keepsLocal($0) }
                guard !patterns.isEmpty else { continue }
                subscriptions.append(
                    try remote.add(SinkGroup([member]).subscriber(name, to: patterns, retry: retry))
                )
            }
            let routed = zip(configuration.sinks, sinks).filter { configuration.isRouted($0.0) }.map(\.1)
            if let remote = bus.remote, !routed.isEmpty {
                let patterns = configuration.ownRoutes.map(\.types).filter { !bus.keepsLocal($0) }
                // All that is routed to us may be what never leaves this process.
                if !patterns.isEmpty {
                    let group = SinkGroup(routed)
                    subscriptions.append(
                        try remote.add(group.subscriber(configuration.service, to: patterns, retry: retry))
                    )
                }
            }
        } catch {
            throw BridgeFailure(.configuration, error.message)
        }
        return subscriptions
    }

    static func source(
        _ bus: BridgeBus,
        _ subscriptions: [EventSubscription],
        _ surroundings: Surroundings
    ) throws(BridgeFailure) -> LineSource {
        let input: InputThread
        do {
            input = try surroundings.input()
        } catch {
            throw BridgeFailure(.failed, "cannot read stdin: \(error)")
        }
        return LineSource(
            input,
            to: bus.bus,
            keepsLocal: { bus.keepsLocal($0) },
            whenReady: { await bus.waitForQueues(of: subscriptions, surroundings.clock) },
            clock: surroundings.clock,
            say: surroundings.say
        )
    }
}
