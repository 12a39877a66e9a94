import Testing
import WarrenRuntime

@testable import WarrenStorage

@Suite("What waits for the writer thread")
struct WorkQueueTests {
    /// The queue, with a clock in hand.
    private struct Lab: ~Copyable {
        var queue = WorkQueue()
        var now = MonotonicTime(nanoseconds: 0)

        /// - Returns: whether the thread is to be woken; `nil`: it is not taken.
        mutating func add(_ kind: Job.Kind = .oneStatement, size: Int = 0) -> Bool? {
            queue.add(Job(kind, on: "test", size: size) { _ in })
        }

        mutating func add(count: Int) {
            for _ in 0..<count { _ = add() }
        }

        mutating func next(after duration: Duration = .zero) -> String {
            now = now.advanced(by: duration)
            return switch queue.next(now: now) {
            case .read(let jobs): "read \(jobs.count)"
            case .write(let jobs): "write \(jobs.count)"
            case .commit: "commit"
            case .gather(let duration): "gather \(duration.saturatedNanoseconds / 1000)"
            case .sleep: "sleep"
            case .end: "end"
            }
        }

        /// As many are written and committed together.
        mutating func serve(count: Int, commit: Duration) {
            add(count: count)
            #expect(next() == "write \(count)")
            #expect(next() == "commit")
            queue.committed(in: commit)
        }
    }

    @Test("wakes it once, when it sleeps")
    func waking() {
        var lab = Lab()
        #expect(lab.add() == false)
        #expect(lab.next() == "write 1")
        #expect(lab.add() == false)
        #expect(lab.next() == "commit")
        #expect(lab.next() == "write 1")
        #expect(lab.next() == "commit")
        #expect(lab.next() == "sleep")
        #expect(lab.add() == true)
        #expect(lab.add() == false)
        #expect(lab.next() == "write 2")
    }

    @Test("is written in one transaction, and what comes while that goes on in the next, where a commit is quick")
    func halves() {
        var lab = Lab()
        lab.serve(count: 8, commit: .microseconds(149))
        lab.add(count: 4)
        #expect(lab.next() == "write 4")
        lab.add(count: 4)
        #expect(lab.next() == "commit")
        lab.queue.committed(in: .microseconds(100))
        #expect(lab.next() == "write 4")
        #expect(lab.next() == "commit")
        #expect(lab.next() == "sleep")
    }

    @Test("is written with what comes while that goes on, where a commit is slow; what reads waits for its end")
    func joining() {
        var lab = Lab()
        lab.serve(count: 1, commit: .microseconds(150))
        #expect(lab.add(.reading) == false)
        lab.add(count: 2)
        #expect(lab.next() == "read 1")
        #expect(lab.next() == "write 2")
        #expect(lab.add(.reading) == false)
        lab.add(count: 3)
        #expect(lab.next() == "write 3")
        #expect(lab.next() == "commit")
        #expect(lab.next() == "read 1")
        #expect(lab.next() == "sleep")
    }

    @Test("waits for no others when it comes alone, however long a commit takes")
    func alone() {
        var lab = Lab()
        for _ in 0..<3 { lab.serve(count: 1, commit: .seconds(1)) }
        #expect(lab.next() == "sleep")
    }

    @Test("is given half of a commit's time to come back together")
    func gathering() {
        var lab = Lab()
        lab.serve(count: 16, commit: .microseconds(400))
        lab.add(count: 3)
        #expect(lab.next() == "gather 200")
        #expect(lab.add() == true)
        #expect(lab.next(after: .microseconds(50)) == "write 4")
        #expect(lab.next() == "gather 150")
        // Not woken for each, but for a quarter of them.
        for isEnough in [false, false, false, true] { #expect(lab.add() == isEnough) }
        #expect(lab.next(after: .microseconds(50)) == "write 4")
        lab.add(count: 7)
        #expect(lab.next() == "write 7")
        #expect(lab.next() == "gather 100")
        #expect(lab.add() == true)
        #expect(lab.next() == "write 1")
        #expect(lab.next() == "commit")
    }

    @Test("that reads is served while nothing is written yet, and then does not wake the thread")
    func readsInBetween() {
        var lab = Lab()
        lab.serve(count: 8, commit: .microseconds(400))
        lab.add(count: 1)
        // It is put off no longer for that.
        for wait in [200, 150, 100] {
            #expect(lab.next() == "gather \(wait)")
            #expect(lab.add(.reading) == true)
            #expect(lab.next(after: .microseconds(wait == 100 ? 0 : 50)) == "read 1")
        }
        #expect(lab.next() == "gather 100")
        lab.add(count: 1)
        #expect(lab.next() == "write 2")
        #expect(lab.next() == "gather 100")
        #expect(lab.add(.reading) == false)
        #expect(lab.next(after: .microseconds(100)) == "commit")
        #expect(lab.next() == "read 1")
    }

    @Test("that writes has its turn, however many come to read")
    func turns() {
        var lab = Lab()
        _ = lab.add(.reading)
        lab.add(count: 1)
        #expect(lab.next() == "read 1")
        _ = lab.add(.reading)
        #expect(lab.next() == "write 1")
        #expect(lab.next() == "commit")
        #expect(lab.next() == "read 1")
        #expect(lab.next() == "sleep")
    }

    @Test("does not wait longer for what does not come, and next time not at all")
    func notGathering() {
        var lab = Lab()
        lab.serve(count: 8, commit: .microseconds(400))
        lab.add(count: 2)
        #expect(lab.next() == "write 2")
        #expect(lab.next() == "gather 200")
        lab.add(count: 1)
        #expect(lab.next(after: .microseconds(200)) == "write 1")
        #expect(lab.next() == "commit")
        lab.queue.committed(in: .microseconds(400))
        lab.serve(count: 3, commit: .microseconds(400))
        lab.add(count: 1)
        #expect(lab.next() == "write 1")
        #expect(lab.next() == "gather 200")
        #expect(lab.next(after: .microseconds(200)) == "commit")
        lab.queue.committed(in: .microseconds(400))
        lab.serve(count: 1, commit: .microseconds(400))
    }

    @Test("waits for no others where a commit is quick, and never long")
    func timesOfGathering() {
        var lab = Lab()
        lab.serve(count: 8, commit: .microseconds(30))
        lab.serve(count: 1, commit: .microseconds(30))
        lab.serve(count: 8, commit: .seconds(60))
        lab.add(count: 1)
        #expect(lab.next() == "gather 5000")
    }

    @Test("keeps nobody waiting for those who come after, be they many, large or late")
    func limits() {
        var lab = Lab()
        lab.add(count: 2500)
        for count in [1000, 1000, 500] {
            #expect(lab.next() == "write \(count)")
            #expect(lab.next() == "commit")
        }
        for _ in 0..<10 { _ = lab.add(size: 3 << 20) }
        for count in [3, 3, 3, 1] {
            #expect(lab.next() == "write \(count)")
            #expect(lab.next() == "commit")
        }
        lab.serve(count: 1, commit: .seconds(1))
        lab.add(count: 1)
        #expect(lab.next() == "write 1")
        lab.add(count: 1)
        #expect(lab.next(after: .milliseconds(10)) == "commit")
        #expect(lab.next() == "write 1")
        #expect(lab.next() == "commit")
    }

    @Test("is done when it was there before the end, and refused afterwards")
    func closing() {
        var lab = Lab()
        lab.serve(count: 8, commit: .milliseconds(1))
        #expect(lab.next() == "sleep")
        #expect(lab.add() == true)
        #expect(lab.add(.reading) == false)
        #expect(lab.queue.close() == false)
        #expect(lab.add() == nil)
        #expect(lab.next() == "read 1")
        #expect(lab.next() == "write 1")
        // Nobody else can come.
        #expect(lab.next() == "commit")
        #expect(lab.next() == "end")
        #expect(lab.next() == "end")
    }

    @Test("wakes a thread that sleeps or gathers, when it is the end")
    func closingASleeper() {
        var asleep = Lab()
        #expect(asleep.next() == "sleep")
        #expect(asleep.queue.close() == true)
        #expect(asleep.queue.close() == false)
        #expect(asleep.next() == "end")

        var gathering = Lab()
        gathering.serve(count: 8, commit: .milliseconds(1))
        gathering.add(count: 1)
        #expect(gathering.next() == "gather 500")
        #expect(gathering.queue.close() == true)
        #expect(gathering.next() == "write 1")
        #expect(gathering.next() == "commit")
        #expect(gathering.next() == "end")
    }
}
