import Testing
import WarrenRuntime

@testable import AMQP

@Suite("A one-shot value", .timeLimit(.minutes(1)))
struct OneShotTests {
    @Test("is what it was first set to, for everyone and for ever")
    func first() async {
        let shot = OneShot<Int>()
        #expect(shot.current == nil)
        shot.fulfil(1)
        shot.fulfil(2)
        shot.abandon(3)
        #expect(shot.current == 1)
        #expect(await shot.value(abandoningWith: 0) == 1)
        #expect(await shot.value() == 1)
        #expect(OneShot(7).current == 7)
    }

    @Test("that was abandoned is not set any more, and cannot be claimed")
    func abandoned() {
        let shot = OneShot<Int>()
        shot.abandon(1)
        #expect(!shot.claim())
        shot.fulfil(2)
        #expect(shot.current == 1)
    }

    @Test("that was claimed cannot be abandoned, nor claimed again, only set")
    func claimed() {
        let shot = OneShot<Int>()
        #expect(shot.claim())
        #expect(!shot.claim())
        shot.abandon(1)
        #expect(shot.current == nil)
        shot.fulfil(2)
        #expect(shot.current == 2)
    }

    @Test("reaches every task that waits", arguments: [1, 2, 50])
    func waiters(count: Int) async {
        let shot = OneShot<Int>()
        await withTaskGroup(of: Int.self) { group in
            for number in 0..<count {
                group.addTask {
                    number % 2 == 0 ? await shot.value(abandoningWith: -1) : await shot.value()
                }
            }
            group.addTask {
                await Task.yield()
                shot.fulfil(5)
                return 5
            }
            for await value in group { #expect(value == 5) }
        }
    }

    @Test("is abandoned for all by a cancelled task, before or while it waits", arguments: [true, false])
    func cancelled(before: Bool) async {
        let shot = OneShot<Int>()
        let other = Task { await shot.value() }
        let task = Task {
            if before { while !Task.isCancelled { await Task.yield() } }
            return await shot.value(abandoningWith: -1)
        }
        if !before { await Task.yield() }
        task.cancel()
        #expect(await task.value == -1)
        #expect(await other.value == -1)
        shot.fulfil(1)
        #expect(shot.current == -1)
    }

    @Test("keeps a cancelled task waiting once somebody has claimed to act for it")
    func claimedThenCancelled() async {
        let shot = OneShot<Int>()
        #expect(shot.claim())
        let task = Task { await shot.value(abandoningWith: -1) }
        task.cancel()
        for _ in 0..<100 { await Task.yield() }
        #expect(shot.current == nil)
        shot.fulfil(9)
        #expect(await task.value == 9)
    }

    @Test("gives all the same value in every race of setting, abandoning, claiming and cancelling")
    func races() async {
        for round in 0..<2000 {
            let shot = OneShot<Int>()
            let seen = await withTaskGroup(of: Seen.self) { group in
                for number in 0..<3 {
                    group.addTask { .value(await shot.value(abandoningWith: -1)) }
                    group.addTask {
                        let task = Task { await shot.value() }
                        task.cancel()
                        return .value(await task.value)
                    }
                    group.addTask {
                        if round % 3 == 0 { shot.abandon(number) }
                        return .nothing
                    }
                    group.addTask {
                        let claimed = shot.claim()
                        shot.fulfil(10 + number)
                        return claimed ? .claim(number) : .nothing
                    }
                }
                if round % 4 == 0 { group.cancelAll() }
                return await group.reduce(into: Set<Seen>()) { $0.insert($1) }
            }
            let values = seen.compactMap { if case .value(let value) = $0 { value } else { nil } }
            #expect(values == [shot.current])
            #expect(seen.count { if case .claim = $0 { true } else { false } } <= 1)
        }
    }

    private enum Seen: Hashable {
        case nothing
        case value(Int)
        case claim(Int)
    }
}
