import WarrenRuntime

/// What the program has declared and wants again after a reconnect.
final class TopologyRecorder: Sendable {
    private let recorded = Locked<[Topology.Entity]>([])
    private let accepted = Locked<Set<Topology.Entity>>([])
    /// What made the broker close the connection when it was declared again, and why.
    private let costly = Locked<[Topology.Entity: AMQPError]>([:])

    /// What is declared again, in the order of declaration.
    var topology: Topology {
        let costly = costly.withLock { $0 }
        return Topology(recorded.withLock { $0.filter { costly[$0] == nil } })
    }

    /// What is not declared again, because that has cost a connection, and why.
    var skipped: [(entity: Topology.Entity, error: AMQPError)] {
        let costly = costly.withLock { $0 }
        return recorded.withLock { $0.compactMap { entity in costly[entity].map { (entity, $0) } } }
    }

    var isEmpty: Bool { recorded.withLock { $0.isEmpty } }

    /// Whether the entity may exist otherwise than declared.
    func accepts(_ entity: Topology.Entity) -> Bool { accepted.withLock { $0.contains(entity) } }

    /// Skips an entity from now on, until it is applied again: its declaration has cost a connection.
    func blame(_ declaration: ClientMethod, _ error: AMQPError) {
        let culprits = recorded.withLock { $0.filter { $0.declaration == declaration } }
        costly.withLock { costly in
            for entity in culprits { costly[entity] = error }
        }
    }

    /// Remembers entities; a later declaration of the same name takes the place of the earlier.
    func record(_ entity: Topology.Entity, onConflict policy: AMQPConflictPolicy = .fail) {
        accepted.withLock { accepted in
            if policy == .useExisting { accepted.insert(entity) } else { accepted.remove(entity) }
        }
        costly.withLock { costly in costly[entity] = nil }
        recorded.withLock { recorded in
            recorded.removeAll { $0.isSame(as: entity) }
            recorded.append(entity)
        }
    }

    /// Forgets what was deleted on purpose, with the bindings that went with it.
    func forgetQueue(_ name: String) {
        recorded.withLock { recorded in
            recorded.removeAll { entity in
                switch entity {
                case .queue(let queue): queue.name == name
                case .binding(let binding): binding.target == .queue && binding.destination == name
                case .exchange: false
                }
            }
        }
    }

    /// Forgets an exchange that was deleted on purpose, with the bindings that went with it.
    func forgetExchange(_ name: String) {
        recorded.withLock { recorded in
            recorded.removeAll { entity in
                switch entity {
                case .exchange(let exchange): exchange.name == name
                case .binding(let binding):
                    binding.source == name || (binding.target == .exchange && binding.destination == name)
                case .queue: false
                }
            }
        }
    }

    func forget(_ binding: AMQPBinding) {
        recorded.withLock { $0.removeAll { $0 == .binding(binding) } }
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
