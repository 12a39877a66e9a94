package import AMQP

/// What a configuration wants at the broker, beside what is there.
package struct TopologyPlan: Sendable {
    /// How an entity stands.
    package enum Standing: Sendable, Hashable {
        /// There is none of its name.
        case missing
        /// It is there, as it is wanted.
        case present
        /// It is there, but otherwise; the broker says in what.
        case different(String)
        /// A broker cannot be asked for bindings: declaring one that is there changes nothing.
        case unknown
    }

    /// One entity.
    package struct Item: Sendable, Hashable {
        package let entity: Topology.Entity
        package let standing: Standing
    }

    package let items: [Item]

    /// Asks the broker; changes nothing.
    ///
    /// - Throws: why there is no answer.
    package init(_ topologies: [Topology], _ client: AMQPClient) async throws(AMQPError) {
        var items: [Item] = []
        var missing: Set<String> = []
        for entity in topologies.flatMap(\.entities) {
            let standing = try await Self.standing(of: entity, client, missing)
            if standing == .missing { missing.insert(entity.description) }
            items.append(Item(entity: entity, standing: standing))
        }
        self.items = items
    }

    /// Whether something is there that would have to go first.
    package var hasConflicts: Bool {
        items.contains { if case .different = $0.standing { true } else { false } }
    }

    /// Whether anything is missing.
    package var isComplete: Bool { !items.contains { $0.standing == .missing } && !hasConflicts }

    /// What the first character of a line says.
    package static let legend =
        "+ is missing, = is there, ! is there with other arguments, ~ is a binding, for which a broker cannot be asked"

    /// One line for each entity, with its standing by the ``legend``.
    package var lines: [String] {
        items.map { item in
            switch item.standing {
            case .missing: "+ \(item.entity.summary)"
            case .present: "= \(item.entity.summary)"
            case .different(let reason): "! \(item.entity.summary): \(reason)"
            case .unknown: "~ \(item.entity.summary)"
            }
        }
    }

    // MARK: - Asking

    private static func standing(
        of entity: Topology.Entity,
        _ client: AMQPClient,
        _ missing: Set<String>
    ) async throws(AMQPError) -> Standing {
        if case .binding(let binding) = entity {
            let ends = ["exchange '\(binding.source)'", "queue '\(binding.destination)'"]
            return ends.contains(where: missing.contains) ? .missing : .unknown
        }
        guard try await exists(entity, client) else { return .missing }
        do {
            // The same declaration of what is there changes nothing; another one is refused.
            try await onChannel(client) { channel throws(AMQPError) in
                switch entity {
                case .exchange(let exchange): try await channel.declareExchange(exchange)
                case .queue(let queue): try await channel.declareQueue(queue)
                case .binding: break
                }
            }
            return .present
        } catch {
            guard error.code == .preconditionFailed || error.code == .resourceLocked else { throw error }
            return .different(error.reply?.text ?? error.message)
        }
    }

    private static func exists(_ entity: Topology.Entity, _ client: AMQPClient) async throws(AMQPError) -> Bool {
        do {
            try await onChannel(client) { channel throws(AMQPError) in
                switch entity {
                case .exchange(let exchange): try await channel.checkExchange(exchange.name)
                case .queue(let queue): _ = try await channel.queueStatus(queue.name)
                case .binding: break
                }
            }
            return true
        } catch {
            guard error.code == .notFound else { throw error }
            return false
        }
    }

    /// Each question has a channel of its own, since a refusal closes it.
    private static func onChannel(
        _ client: AMQPClient,
        _ body: (AMQPChannel) async throws(AMQPError) -> Void
    ) async throws(AMQPError) {
        do {
            try await client.withChannel { try await body($0) }
        } catch let error as AMQPError {
            throw error
        } catch {
            throw AMQPError(.channelClosed, "\(error)")
        }
    }
}

extension Topology.Entity {
    /// The entity with what matters of it, in a line.
    fileprivate var summary: String {
        switch self {
        case .exchange(let exchange): "\(self), \(exchange.kind.name)"
        case .queue, .binding: "\(self)"
        }
    }
}
