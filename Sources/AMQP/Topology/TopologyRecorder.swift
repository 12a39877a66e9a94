import WarrenRuntime

/// What the program has declared and wants again after a reconnect.
final class TopologyRecorder: Sendable {
    private let recording = Locked(Recording())

    /// What is declared again, in the order of declaration.
    var topology: Topology {
        Topology(recording.withLock { recording in recording.entities.filter { recording.costly[$0] == nil } })
    }

    /// What is not declared again, because that has cost a connection, and why.
    var skipped: [(entity: Topology.Entity, error: AMQPError)] {
        recording.withLock { recording in
            recording.entities.compactMap { entity in recording.costly[entity].map { (entity, $0) } }
        }
    }

    /// How many entities could not be declared again.
    var notRecovered: Int {
        recording.withLock { recording in recording.refused.union(recording.costly.keys).count }
    }

    /// An entity was declared again, or refused.
    func declared(_ entity: Topology.Entity, isRefused: Bool) {
        recording.withLock { recording in
            if !isRefused {
                recording.refused.remove(entity)
            } else if recording.entities.contains(entity) {
                recording.refused.insert(entity)
            }
        }
    }

    var isEmpty: Bool { recording.withLock { $0.entities.isEmpty } }

    /// Whether the entity may exist otherwise than declared.
    func accepts(_ entity: Topology.Entity) -> Bool { recording.withLock { $0.accepted.contains(entity) } }

    /// Skips an entity from now on, until it is applied again: its declaration has cost a connection.
    func blame(_ declaration: ClientMethod, _ error: AMQPError) {
        recording.withLock { recording in
            for entity in recording.entities where entity.declaration == declaration {
                recording.costly[entity] = error
            }
        }
    }

    /// Remembers entities; a later declaration of the same name takes the place of the earlier.
    func record(_ entity: Topology.Entity, onConflict policy: AMQPConflictPolicy = .fail) {
        recording.withLock { recording in
            recording.remove { $0.isSame(as: entity) }
            recording.entities.append(entity)
            if policy == .useExisting { recording.accepted.insert(entity) }
        }
    }

    /// Forgets what was deleted, or is wanted no more; exchanges and queues with their bindings.
    func forget(_ entity: Topology.Entity) {
        recording.withLock { recording in
            switch entity {
            case .exchange(let exchange): recording.forgetExchange(exchange.name)
            case .queue(let queue): recording.forgetQueue(queue.name)
            case .binding(let binding): recording.forgetBindings { $0 == binding }
            }
        }
    }

    func consumerBegan(_ source: AMQPConsumerSource) {
        recording.withLock { $0.consumers.append(source) }
    }

    /// Forgets what the broker deletes because nobody uses it any more.
    func consumerEnded(_ source: AMQPConsumerSource) {
        recording.withLock { $0.consumerEnded(source) }
    }
}

/// The entities, and who uses them.
private struct Recording {
    var entities: [Topology.Entity] = []
    /// Those that may exist otherwise than declared.
    var accepted: Set<Topology.Entity> = []
    /// What made the broker close the connection when it was declared again, and why.
    var costly: [Topology.Entity: AMQPError] = [:]
    /// What could not be declared again, the last time.
    var refused: Set<Topology.Entity> = []
    /// What the client consumes from, once for each consumer.
    var consumers: [AMQPConsumerSource] = []

    mutating func remove(where isGone: (Topology.Entity) -> Bool) {
        entities.removeAll(where: isGone)
        accepted = accepted.filter { !isGone($0) }
        costly = costly.filter { !isGone($0.key) }
        refused = refused.filter { !isGone($0) }
    }

    mutating func forgetQueue(_ name: String) {
        remove { if case .queue(let queue) = $0 { queue.name == name } else { false } }
        forgetBindings { $0.target == .queue && $0.destination == name }
    }

    mutating func forgetExchange(_ name: String) {
        remove { if case .exchange(let exchange) = $0 { exchange.name == name } else { false } }
        forgetBindings { $0.source == name || ($0.target == .exchange && $0.destination == name) }
    }

    /// Forgets bindings, and the exchanges that go with their last one.
    mutating func forgetBindings(where isGone: (AMQPBinding) -> Bool) {
        let gone = bindings.filter(isGone)
        remove { if case .binding(let binding) = $0 { isGone(binding) } else { false } }
        for exchange in Set(gone.map(\.source)) { forgetIfUnbound(exchange) }
    }

    mutating func consumerEnded(_ source: AMQPConsumerSource) {
        guard let index = consumers.firstIndex(of: source) else { return }
        consumers.remove(at: index)
        let isQueueGone = entities.contains { entity in
            if case .queue(let queue) = entity { queue.autoDelete && queue.name == source.queue } else { false }
        }
        if isQueueGone, !consumers.contains(where: { $0.queue == source.queue }) { forgetQueue(source.queue) }
        for exchange in source.exchanges { forgetIfUnbound(exchange) }
    }

    private var bindings: [AMQPBinding] {
        entities.compactMap { if case .binding(let binding) = $0 { binding } else { nil } }
    }

    private mutating func forgetIfUnbound(_ name: String) {
        let goes = entities.contains { entity in
            if case .exchange(let exchange) = entity { exchange.autoDelete && exchange.name == name } else { false }
        }
        guard goes, !bindings.contains(where: { $0.source == name }),
            !consumers.contains(where: { $0.exchanges.contains(name) })
        else { return }
        forgetExchange(name)
    }
}

extension Topology.Entity {
    fileprivate func isSame(as other: Self) -> Bool {
        switch (self, other) {
        case (.exchange(let one), .exchange(let two)): one.name == two.name
        case (.queue(let one), .queue(let two)): one.name == two.name
        case (.binding(let one), .binding(let two)): one == two
        default: false
        }
    }
}
