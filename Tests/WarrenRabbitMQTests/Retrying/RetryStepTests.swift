import AMQP
import Testing
import Warren
import WarrenRabbitMQ

@Suite("The ladder of retries")
struct RetryStepTests {
    /// The steps that a wait is spent on, and what is left at last.
    private func way(of wait: Duration) -> (steps: [Duration], rest: Duration) {
        var (steps, rest): ([Duration], Duration) = ([], wait)
        while rest >= RetryStep.shortest, steps.count < 1000 {
            let (step, left) = RetryStep.first(of: rest)
            steps.append(step.delay)
            rest = left
        }
        return (steps, rest)
    }

    @Test("has ten steps, and each is a wait of its own")
    func steps() {
        let seconds = [1, 2, 5, 10, 30, 60, 300, 900, 1800, 3600]
        #expect(RetryStep.all.map(\.delay) == seconds.map { .seconds($0) } && RetryStep.shortest == .seconds(1))
        for delay in RetryStep.all.map(\.delay) { #expect(way(of: delay) == ([delay], .zero)) }
    }

    @Test(
        "makes up other waits from several steps, or from one that is hardly longer",
        arguments: [
            (3, [2, 1]), (4, [2, 2]), (7, [5, 2]), (8, [5, 2, 1]), (9, [5, 2, 2]), (16, [10, 5, 1]), (20, [10, 10]),
            (28, [30]), (29, [30]), (45, [30, 10, 5]), (280, [300]), (600, [300, 300]), (7200, [3600, 3600]),
        ]
    )
    func sums(seconds: Int, expected: [Int]) {
        #expect(way(of: .seconds(seconds)) == (expected.map { .seconds($0) }, .zero))
    }

    @Test("leaves what is shorter than its shortest step to the process")
    func shortRest() {
        #expect(way(of: .milliseconds(999)) == ([], .milliseconds(999)))
        #expect(way(of: .milliseconds(1500)) == ([.seconds(1)], .milliseconds(500)))
        // Held for too long, an event goes on the ladder for a shorter wait too.
        #expect(RetryStep.first(of: .zero).step.delay == .seconds(1) && RetryStep.first(of: .zero).rest == .zero)
        #expect(RetryStep.first(of: .seconds(-1)).rest == .zero)
    }

    @Test("makes no wait shorter, none longer by more than a tenth, and few steps of any")
    func random() {
        for _ in 0..<20_000 {
            // Of every order of magnitude, up to a day.
            let nanoseconds = Int64.random(in: 0...86_400_000_000_000) >> Int64.random(in: 0...20)
            let wait = Duration.nanoseconds(nanoseconds)
            let (steps, rest) = way(of: wait)
            let whole = steps.reduce(rest, +)
            #expect(whole >= wait && whole <= wait + wait / 10, "\(wait): \(steps) and \(rest)")
            #expect(steps.count <= 24 + 14 && rest < RetryStep.shortest, "\(wait): \(steps)")
        }
    }

    @Test("has for a policy the steps of all its waits, and no others")
    func policies() {
        func seconds(_ policy: RetryPolicy) -> [Int64] { RetryStep.steps(of: policy).map(\.delay.components.seconds) }
        #expect(seconds(.none) == [] && seconds(.immediate(1000)) == [])
        #expect(seconds(.fixed(maxAttempts: 1_000_000, delay: .milliseconds(999))) == [])
        #expect(seconds(.fixed(maxAttempts: 5, delay: .seconds(30))) == [30])
        #expect(seconds(.exponential(maxAttempts: 3)) == [1, 2])
        #expect(seconds(.exponential(maxAttempts: 1000)) == [1, 2, 5, 10, 30])
        #expect(seconds(.exponential(maxAttempts: 2, initial: .milliseconds(1300))) == [1])
        let slow = RetryPolicy.exponential(maxAttempts: 1_000_000, multiplier: 1.000_001, max: .seconds(86_400))
        #expect(seconds(slow) == [1])
        #expect(seconds(.fixed(maxAttempts: 2, delay: .seconds(86_400))) == [3600])
    }

    @Test("has for classic queues names of their own, and no strategy that only quorum queues know")
    func topology() {
        let step = RetryStep.all[0]
        let quorum: Topology = [
            .exchange("warren.delay.1000", .fanout),
            .queue(
                "warren.delay.1000",
                .quorum,
                arguments: AMQPQueueArguments(
                    messageTTL: .seconds(1),
                    overflow: .rejectPublish,
                    deadLetterExchange: "warren.retry",
                    deadLetterStrategy: .atLeastOnce
                )
            ),
            .binding("warren.delay.1000", to: "warren.delay.1000", ""),
        ]
        #expect(step.topology(.quorum) == quorum)
        let classic: Topology = [
            .exchange("warren.delay.classic.1000", .fanout),
            .queue(
                "warren.delay.classic.1000",
                .classic,
                arguments: AMQPQueueArguments(
                    messageTTL: .seconds(1),
                    overflow: .rejectPublish,
                    deadLetterExchange: "warren.retry.classic"
                )
            ),
            .binding("warren.delay.classic.1000", to: "warren.delay.classic.1000", ""),
        ]
        #expect(step.topology(.classic) == classic)
    }
}
