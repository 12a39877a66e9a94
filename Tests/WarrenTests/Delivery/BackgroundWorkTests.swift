import Testing
import WarrenRuntime
import WarrenTesting

@testable import Warren

@Suite("Background work")
struct BackgroundWorkTests {
    private let clock = HeldClock()
    private let work = BackgroundWork()
    private let seen = Seen<String>()

    /// A job that goes on until it is asked to end.
    private func add(_ name: String) {
        let stop = StopSignal()
        work.add {
            seen.add("\(name) begins")
            await stop.wait()
            seen.add("\(name) ends")
        } stop: {
            seen.add("\(name) is asked")
            stop.stop()
        }
    }

    @Test("begins with the run, or when it comes later, and is asked to end once")
    func life() async throws {
        add("early")
        #expect(seen.all == [])
        let run = Task { await work.run(grace: .seconds(1), clock: clock) }
        await seen.become(["early begins"])
        add("late")
        await seen.become(["early begins", "late begins"])
        run.cancel()
        #expect(await run.value)
        #expect(Set(seen.all.dropFirst(2)) == ["early is asked", "early ends", "late is asked", "late ends"])
        #expect(seen.count == 6 && work.isStopped)
    }

    @Test("that has ended by itself is not asked to")
    func ended() async throws {
        work.add(run: { seen.add("ran") }, stop: { seen.add("asked") })
        let run = Task { await work.run(grace: .seconds(1), clock: clock) }
        await seen.become(["ran"])
        add("marker")
        await seen.become(["ran", "marker begins"])
        run.cancel()
        #expect(await run.value)
        #expect(!seen.all.contains("asked"))
    }

    @Test("that comes after the end is asked to end at once, and does not begin")
    func tooLate() async {
        let run = Task { await work.run(grace: .seconds(1), clock: clock) }
        run.cancel()
        #expect(await run.value)
        add("late")
        #expect(seen.all == ["late is asked"])
    }

    @Test("runs once")
    func once() async {
        let run = Task { await work.run(grace: .seconds(1), clock: clock) }
        await seen.become([])
        run.cancel()
        #expect(await run.value)
        #expect(await work.run(grace: .seconds(1), clock: clock) == false)
    }

    @Test("that never ran is let go with whoever holds it")
    func neverRun() {
        weak var gone: BackgroundWork?
        do {
            let work = BackgroundWork()
            gone = work
            work.add(run: {}, stop: {})
        }
        #expect(gone == nil)
    }

    @Test("is cancelled after the grace, and no longer waited for after the same time again")
    func grace() async throws {
        let gate = StopSignal()
        work.add {
            seen.add("begins")
            try? await clock.sleep(until: .distantFuture)
            seen.add("cancelled")
            await Task { await gate.wait() }.value
            seen.add("ends")
        } stop: {
            seen.add("asked")
        }
        let run = Task { await work.run(grace: .seconds(5), clock: clock) }
        await seen.become(["begins"])
        try await eventually { clock.sleeperCount == 1 }
        run.cancel()
        try await eventually { clock.sleeperCount == 2 }
        clock.advance(by: .seconds(5) - .nanoseconds(1))
        #expect(seen.all == ["begins", "asked"])
        clock.advance(by: .nanoseconds(1))
        await seen.become(["begins", "asked", "cancelled"])
        try await eventually { clock.sleeperCount == 1 }
        clock.advance(by: .seconds(5))
        #expect(await run.value)
        #expect(seen.all == ["begins", "asked", "cancelled"])
        gate.stop()
        await seen.become(["begins", "asked", "cancelled", "ends"])
    }
}
