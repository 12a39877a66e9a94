import Glibc
import Testing
import WarrenRuntime

@Suite("Waker")
struct WakerTests {
    private let waker: Waker

    init() throws {
        waker = try Waker()
    }

    /// Whether a thread that sleeps for up to `milliseconds` would be woken.
    private func wakes(within milliseconds: Int32) -> Bool {
        var request = pollfd(fd: waker.descriptor, events: Int16(POLLIN), revents: 0)
        return unsafe poll(&request, 1, milliseconds) == 1
    }

    @Test("A wake-up is kept until it is reset, however many there were")
    func wake() {
        #expect(!wakes(within: 0))
        waker.wake()
        waker.wake()
        #expect(wakes(within: 0))
        #expect(wakes(within: 0))
        waker.reset()
        #expect(!wakes(within: 0))
        waker.wake()
        #expect(wakes(within: 0))
    }

    @Test("Resetting without a wake-up does not block")
    func resetIdle() {
        waker.reset()
        #expect(!wakes(within: 0))
    }

    @Test("A sleeping thread is woken by another")
    func threads() throws {
        let waker = waker
        try IOThread.start(name: "waker-test") { waker.wake() }
        #expect(wakes(within: 10_000))
    }
}
