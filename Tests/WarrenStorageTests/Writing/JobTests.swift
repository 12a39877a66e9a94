import Testing
import Warren
import WarrenRuntime

@testable import WarrenStorage

@Suite("A job for the writer thread")
struct JobTests {
    private let job = Job(.oneStatement, on: "test.db") { _ in }

    /// Waits for the job in a task of its own, until it waits.
    private func wait(_ body: @escaping @Sendable (Job) -> Void) async -> (any Error)? {
        await Waiter.wait { waiter in
            #expect(job.wait(waiter))
            body(job)
        }
    }

    @Test("tells who waits that it is done")
    func done() async {
        let failure = await wait { job in
            #expect(job.begin())
            job.finish()
        }
        #expect(failure == nil)
    }

    @Test("tells who waits why it is not done")
    func failed() async {
        let failure = await wait { $0.finish(StorageError(.full, "no room")) }
        #expect(failure as? StorageError == StorageError(.full, "no room"))
    }

    @Test("is not begun once it is cancelled")
    func cancelled() async {
        let failure = await wait { job in
            job.cancel()
            #expect(!job.begin())
            job.finish()
        }
        #expect((failure as? StorageError)?.code == .cancelled)
    }

    @Test("may be done or not when it is cancelled after its beginning")
    func cancelledLate() async {
        let failure = await wait { job in
            #expect(job.begin())
            job.cancel()
            job.finish()
        }
        #expect((failure as? StorageError)?.code == .unknown)
        #expect(
            (failure as? StorageError)?.message == "'test.db': stopped while it was being done: it may be done or not"
        )
    }

    @Test("keeps nobody waiting who was cancelled before")
    func cancelledEarly() async {
        job.cancel()
        let failure = await Waiter.wait { waiter in #expect(!job.wait(waiter)) }
        #expect((failure as? StorageError)?.code == .cancelled)
        #expect(!job.begin())
    }

    @Test("is begun once")
    func once() async {
        #expect(job.begin())
        #expect(!job.begin())
        job.finish()
        job.cancel()
    }
}
