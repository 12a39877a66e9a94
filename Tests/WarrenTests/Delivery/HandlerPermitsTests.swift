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
}

/// Who is there at a time.
private final class Presence: Sendable {
    private let state = Locked((now: 0, most: 0, count: 0))

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
