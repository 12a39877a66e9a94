import CLinux
import Glibc

/// Wakes a thread that sleeps in `poll`: an eventfd.
package final class Waker: Sendable {
    /// What a wait on a descriptor found.
    ///
    /// An error or hang-up counts as both: the next read or write says more.
    package struct Readiness: Sendable, Hashable {
        package var readable = false
        package var writable = false

        package init() {}
    }

    /// What the sleeping thread polls for input.
    package let descriptor: Int32

    /// - Throws: ``SystemError`` when the process is out of descriptors.
    package init() throws(SystemError) {
        let descriptor = eventfd(0, Int32(EFD_CLOEXEC | EFD_NONBLOCK))
        guard descriptor >= 0 else { throw SystemError(call: "eventfd", code: errno) }
        self.descriptor = descriptor
    }

    deinit {
        close(descriptor)
    }

    /// Wakes the thread, or makes its next sleep return at once.
    ///
    /// Callable from any thread.
    package func wake() {
        var one: UInt64 = 1
        _ = unsafe write(descriptor, &one, 8)
    }

    /// Forgets the wake-ups so far; called by the thread that slept.
    package func reset() {
        var count: UInt64 = 0
        _ = unsafe read(descriptor, &count, 8)
    }

    /// Sleeps until woken, or until `timeout` has passed (`nil`: no limit).
    package func sleep(timeout: Duration?) {
        _ = wait(on: -1, writable: false, timeout: timeout)
    }

    /// Sleeps until `other` can be read or written, as asked for, until woken, or until `timeout` has passed.
    package func wait(
        on other: Int32,
        readable: Bool = true,
        writable: Bool,
        timeout: Duration?
    ) -> Readiness {
        let wanted = (readable ? Int16(POLLIN) : 0) | (writable ? Int16(POLLOUT) : 0)
        var descriptors = (
            pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0),
            // A negative descriptor is passed over by the kernel.
            pollfd(fd: other, events: wanted, revents: 0)
        )
        let count = unsafe withUnsafeMutableBytes(of: &descriptors) { bytes in
            unsafe warren_poll(bytes.baseAddress, 2, timeout.map { max(0, $0.saturatedNanoseconds) } ?? -1)
        }
        var readiness = Readiness()
        guard count > 0 else { return readiness }
        if descriptors.0.revents != 0 { reset() }
        let failed = descriptors.1.revents & Int16(POLLERR | POLLHUP | POLLNVAL) != 0
        readiness.readable = failed || descriptors.1.revents & Int16(POLLIN) != 0
        readiness.writable = failed || descriptors.1.revents & Int16(POLLOUT) != 0
        return readiness
    }
}
