package import AMQP
package import Warren

/// A step of the ladder on which events wait for their next attempt: an exchange and a queue, shared by all who retry.
///
/// What is published to the exchange with a queue's name as its key comes to the ``LadderExit`` with it when the time is
/// up, and so to that queue. Each step has a queue of its own, since a queue with several delays in it would wait for the
/// longest.
package struct RetryStep: Sendable, Hashable {
    /// How long it takes.
    package let delay: Duration

    /// By how many bytes the headers of a message may grow on a step.
    ///
    /// The broker writes down where it has been, with names of up to 200 bytes. What has no room for that cannot be handed
    /// out again.
    static let headerGrowth = 1024

    /// Waits of so many attempts are looked at; they hardly differ after that.
    private static let attemptsAhead = 64

    /// All steps, the shortest first.
    package static let all = [1, 2, 5, 10, 30, 60, 300, 900, 1800, 3600].map { RetryStep(delay: .seconds($0)) }

    /// What is shorter waits in the process.
    package static let shortest = all.first?.delay ?? .zero

    /// What the names of all steps begin with.
    package static let namePrefix = "warren.delay."

    /// Whether an exchange or a queue is a step.
    static func isStep(_ name: String) -> Bool { name.hasPrefix(namePrefix) }

    /// The name of its exchange, and of its queue.
    ///
    /// Those of classic queues have names of their own: services that differ in the kind share no step.
    package func name(_ kind: RabbitMQEventBusConfiguration.QueueKind) -> String {
        let milliseconds = delay.components.seconds * 1000
        return Self.namePrefix + (kind == .quorum ? "\(milliseconds)" : "classic.\(milliseconds)")
    }

    /// What it has at the broker; the same on every version.
    package func topology(_ kind: RabbitMQEventBusConfiguration.QueueKind) -> Topology {
        let name = name(kind)
        // Without a routing key of its own a dead letter keeps the message's, which names the subscription's queue.
        var arguments = AMQPQueueArguments(
            messageTTL: delay,
            overflow: .rejectPublish,
            deadLetterExchange: LadderExit(kind).name
        )
        if kind == .quorum { arguments.deadLetterStrategy = .atLeastOnce }
        return [
            .exchange(name, .fanout),
            .queue(name, kind == .quorum ? .quorum : .classic, arguments: arguments),
            .binding(name, to: name, ""),
        ]
    }

    /// The step to begin a wait with, and how long is to be waited after it.
    ///
    /// No wait becomes shorter, and none longer by more than a tenth: a few steps make up what no single one has. What is
    /// left at last, less than the shortest step, is waited for in the process.
    package static func first(of wait: Duration) -> (step: RetryStep, rest: Duration) {
        if let step = all.first(where: { $0.delay >= wait }), step.delay - wait <= wait / 10 { return (step, .zero) }
        let step = all.last { $0.delay <= wait } ?? RetryStep(delay: shortest)
        return (step, max(.zero, wait - step.delay))
    }

    /// The steps that the waits of a policy are made of, the shortest first.
    package static func steps(of policy: RetryPolicy) -> [RetryStep] {
        var steps: Set<RetryStep> = []
        for attempt in 1...attemptsAhead {
            guard var wait = policy.delay(after: attempt) else { break }
            while wait >= shortest {
                let (step, rest) = first(of: wait)
                steps.insert(step)
                wait = rest
            }
        }
        return all.filter(steps.contains)
    }
}
