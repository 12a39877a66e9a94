import Testing
import WarrenRuntime

@Suite("Locked")
struct LockedTests {
    @Test("No update of many tasks is lost")
    func exclusive() async {
        final class Shared: Sendable {
            let count = Locked(0)
        }
        let shared = Shared()
        await withTaskGroup { group in
            for _ in 0..<8 {
                group.addTask { for _ in 0..<10_000 { shared.count.withLock { $0 += 1 } } }
            }
        }
        #expect(shared.count.withLock { $0 } == 80_000)
    }

    @Test("What the body throws comes out as it is, and the lock is free again")
    func throwing() {
        struct Failure: Error, Equatable {}
        let locked = Locked([1])
        #expect(throws: Failure()) {
            try locked.withLock { (value: inout [Int]) throws(Failure) in
                value.append(2)
                throw Failure()
            }
        }
        #expect(locked.withLock { $0 } == [1, 2])
    }

    @Test("A value that cannot be copied can be locked")
    func noncopyable() {
        struct Token: ~Copyable {
            var uses = 0
        }
        let locked = Locked(Token())
        locked.withLock { $0.uses += 1 }
        #expect(locked.withLock { $0.uses } == 1)
    }
}
