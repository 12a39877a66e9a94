import Testing
import WarrenRuntime
import WarrenTesting

@testable import Warren

@Suite("Permits of handlers")
struct HandlerPermitsTests {
    @Test("are given in the order in which they were asked for")
    func order() async throws {
        let (permits, seen) = (HandlerPermits(1), Seen<Int>())
        #expect(await permits.acquire())
        var tasks: [Task<Void, Never>] = []
        for number in 0..<20 {
            tasks.append(
                Task {
                    if await permits.acquire() { seen.add(number) }
                }
            )
            try await eventually { permits.waiting == number + 1 }
        }
        for number in 0..<20 {
            permits.release()
            await seen.become(Array(0...number))
        }
        for task in tasks { await task.value }
        permits.release()
        #expect(permits.free == 1 && permits.waiting == 0)
    }

    @Test("are not given to a task that was cancelled, whether it waits or not yet")
    func cancelled() async throws {
        let permits = HandlerPermits(1)
        #expect(await permits.acquire())
        let waiting = Task { await permits.acquire() }
        try await eventually { permits.waiting == 1 }
        waiting.cancel()
        #expect(await waiting.value == false)
        let late = Task {
            while !Task.isCancelled { await Task.yield() }
            return await permits.acquire()
        }
        late.cancel()
        #expect(await late.value == false)
        #expect(permits.free == 0 && permits.waiting == 0)
        permits.release()
        #expect(permits.free == 1)
    }

    @Test("are kept for whoever waits to be alone, who runs when all others have ended; nobody overtakes")
    func alone() async throws {
        let (permits, seen) = (HandlerPermits(3), Seen<String>())
        for _ in 0..<2 { #expect(await permits.acquire()) }
        func begin(_ name: String, alone: Bool) async throws {
            let waiting = permits.waiting
            Task { if await permits.acquire(alone: alone) { seen.add(name) } }
            try await eventually { permits.waiting == waiting + 1 }
        }
        for (name, alone) in [("first", true), ("second", true), ("third", false), ("fourth", false)] {
            try await begin(name, alone: alone)
        }
        permits.release()
        #expect(seen.all.isEmpty && permits.waiting == 4)
        permits.release()
        await seen.become(["first"])
        #expect(permits.free == 0 && permits.waiting == 3)
        permits.release(alone: true)
        await seen.become(["first", "second"])
        permits.release(alone: true)
        try await eventually { seen.count == 4 }
        #expect(permits.free == 1 && permits.waiting == 0)
        for _ in 0..<2 { permits.release() }
        #expect(permits.free == 3)
    }

    @Test("are given to those behind whoever waited to be alone and was cancelled")
    func aloneCancelled() async throws {
        let (permits, seen) = (HandlerPermits(2), Seen<Bool>())
        #expect(await permits.acquire())
        let alone = Task { await permits.acquire(alone: true) }
        try await eventually { permits.waiting == 1 }
        Task { seen.add(await permits.acquire()) }
        try await eventually { permits.waiting == 2 }
        alone.cancel()
        #expect(await alone.value == false)
        await seen.become([true])
        #expect(permits.free == 0 && permits.waiting == 0)
    }

    @Test("of those that have overrun are not waited for, whether that is reported before their end or after")
    func overrun() async throws {
        for isReportedFirst in [true, false] {
            let permits = HandlerPermits(3)
            #expect(await permits.acquire())
            if isReportedFirst {
                permits.overran(alone: false)
                #expect(await permits.acquire(alone: true))
                #expect(permits.free == 0)
                // The one that has overrun returns; the other one is still alone.
                permits.release(overdue: true)
                #expect(permits.free == 0)
                permits.release(alone: true)
            } else {
                permits.release(overdue: true)
                permits.overran(alone: false)
            }
            #expect(permits.free == 3)
            #expect(await permits.acquire(alone: true))
            // Alone no longer, and never waited for.
            permits.overran(alone: true)
            #expect(permits.free == 2)
            #expect(await permits.acquire(alone: true))
            permits.release(overdue: true)
            permits.release(alone: true)
            #expect(permits.free == 3)
        }
    }

    @Test("are as many as there were, and never more at a time, whoever is cancelled when")
    func stress() async {
        let (permits, presence) = (HandlerPermits(3), Presence())
        await withTaskGroup(of: Void.self) { group in
            for number in 0..<2000 {
                group.addTask {
                    let task = Task {
                        guard await permits.acquire() else { return }
                        presence.enter()
                        await Task.yield()
                        presence.leave()
                        permits.release()
                    }
                    if number % 3 == 0 { task.cancel() }
                    await task.value
                }
            }
        }
        #expect(presence.most <= 3 && presence.count >= 1333)
        #expect(permits.free == 3 && permits.waiting == 0)
    }

    @Test("let nobody beside whoever is alone, whoever is cancelled when")
    func aloneStress() async {
        let (permits, presence, failures) = (HandlerPermits(4), Presence(), Seen<Int>())
        await withTaskGroup(of: Void.self) { group in
            for number in 0..<2000 {
                group.addTask {
                    let isAlone = number % 5 == 0
                    let task = Task {
                        guard await permits.acquire(alone: isAlone) else { return }
                        presence.enter()
                        await Task.yield()
                        if isAlone, presence.now != 1 { failures.add(number) }
                        presence.leave()
                        permits.release(alone: isAlone)
                    }
                    if number % 3 == 0 { task.cancel() }
                    await task.value
                }
            }
        }
        #expect(failures.all.isEmpty && presence.most <= 4 && presence.count >= 1333)
        #expect(permits.free == 4 && permits.waiting == 0)
    }
}

/// Who is there at a time.
private final class Presence: Sendable {
    private let state = Locked((now: 0, most: 0, count: 0))

    var now: Int { state.withLock { $0.now } }
    var most: Int { state.withLock { $0.most } }
    var count: Int { state.withLock { $0.count } }

    func enter() {
        state.withLock { state in
            state.now += 1
            state.count += 1
            state.most = max(state.most, state.now)
        }
    }

    func leave() {
        state.withLock { $0.now -= 1 }
    }
}
