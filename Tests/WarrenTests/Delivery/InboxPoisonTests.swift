import Testing
import WarrenRuntime
import WarrenTesting

@testable import Warren

@Suite("An event that ends each process that handles it")
struct InboxPoisonTests {
    private static let poison = "3"
    private static let workers = 8

    @Test(
        "is a dead letter when it has done so alone as often as it may; what was in hand with it never is",
        arguments: [1, 2, 5]
    )
    func poison(maxCrashes: Int) async throws {
        var (scene, ends) = (InboxScene(maxCrashes: maxCrashes), 0)
        var left = (0..<20).map(String.init)
        var buried: [String] = []
        while ends < 20 {
            for id in left { scene.deliver(id, redelivered: ends > 0) }
            let (fates, next) = try await runProcess(scene, round: ends, maxCrashes)
            buried += fates.filter { $0.contains("buried") }
            left.removeAll { id in fates.contains { $0.hasPrefix("\(id) ") } }
            guard let next else { break }
            (scene, ends) = (next, ends + 1)
        }
        #expect(left.isEmpty && buried == ["\(Self.poison) buried: crash after \(maxCrashes)"])
        // Before it was on record, then with others, and from then on alone.
        #expect(ends == 2 + maxCrashes)
    }

    /// Runs a process until it has handled all, or is ended.
    ///
    /// - Returns: what has become of which event, and the next process if this one was ended.
    private func runProcess(
        _ scene: InboxScene,
        round: Int,
        _ maxCrashes: Int
    ) async throws -> (fates: [String], next: InboxScene?) {
        let (begun, end, over) = (Seen<String>(), StopSignal(), StopSignal())
        let pool = try scene.pool(
            concurrency: Self.workers,
            .each { context in
                begun.add(context.eventID)
                if context.eventID == Self.poison {
                    // It ends when as many are in hand as can be: at work with it, or waiting for their turn.
                    while round < 2, begun.count < Self.workers { await Task.yield() }
                    while round == 2, scene.permits.waiting < Self.workers - 1 { await Task.yield() }
                    end.stop()
                    over.stop()
                } else if round >= 2 {
                    return .ack
                }
                try await SystemClock().sleep(until: .distantFuture)
                return .ack
            }
        )
        let run = scene.start(pool)
        let running = Task {
            await run.value
            over.stop()
        }
        await over.wait()
        // What it still does in its death the next one does not see.
        let fates = scene.fates.all
        let next = end.isStopped ? InboxScene(maxCrashes: maxCrashes, after: scene) : nil
        pool.stop()
        run.cancel()
        await running.value
        return (fates, next)
    }
}
