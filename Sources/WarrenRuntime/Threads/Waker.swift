import CLinux
import Glibc

/// Wakes a thread that sleeps in `poll`: an eventfd.
package final class Waker: Sendable {
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

    /// Wakes the thread, or makes its next sleep return at once. Callable from any thread.
    package func wake() {
        var one: UInt64 = 1
        _ = unsafe write(descriptor, &one, 8)
    }

    /// Forgets the wake-ups so far; called by the thread that slept.
    package func reset() {
        var count: UInt64 = 0
        _ = unsafe read(descriptor, &count, 8)
    }
}
