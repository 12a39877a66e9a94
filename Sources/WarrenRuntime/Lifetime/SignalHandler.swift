import Glibc
import Synchronization

/// What runs inside a signal: nothing there but atomics and system calls that POSIX allows (signal-safety(7)).
enum SignalHandler {
    /// The eventfd that wakes the thread which listens for a request to end.
    static let descriptor = Atomic<Int32>(-1)

    /// The eventfd that wakes the thread which listens for hang-ups.
    static let hangupDescriptor = Atomic<Int32>(-1)

    /// How many hang-ups have come.
    static let hangups = Atomic<Int>(0)

    private static let first = Atomic<Int32>(0)

    /// The signal that came first, if one has.
    static var received: TerminationSignal? {
        TerminationSignal(rawValue: first.load(ordering: .acquiring))
    }

    static func take(_ signal: Int32) throws(SystemError) {
        // A static is made on first use, and inside a signal is no place for that.
        _ = first.load(ordering: .relaxed)
        var action = sigaction()
        unsafe action.__sigaction_handler.sa_handler = { number in SignalHandler.handle(number) }
        // System calls of the interrupted thread go on by themselves.
        action.sa_flags = SA_RESTART
        try set(signal, &action)
    }

    static func takeHangups() throws(SystemError) {
        _ = hangups.load(ordering: .relaxed)
        var action = sigaction()
        unsafe action.__sigaction_handler.sa_handler = { _ in SignalHandler.handleHangup() }
        action.sa_flags = SA_RESTART
        try set(SIGHUP, &action)
    }

    static func ignore(_ signal: Int32) throws(SystemError) {
        var action = sigaction()
        unsafe action.__sigaction_handler.sa_handler = SIG_IGN
        try set(signal, &action)
    }

    private static func set(_ signal: Int32, _ action: inout sigaction) throws(SystemError) {
        guard unsafe sigaction(signal, &action, nil) == 0 else { throw SystemError(call: "sigaction", code: errno) }
    }

    private static func handle(_ number: Int32) {
        let isFirst = first.compareExchange(expected: 0, desired: number, ordering: .acquiringAndReleasing).exchanged
        guard isFirst else { _exit(128 + number) }
        wake(descriptor.load(ordering: .acquiring))
    }

    private static func handleHangup() {
        hangups.add(1, ordering: .releasing)
        wake(hangupDescriptor.load(ordering: .acquiring))
    }

    private static func wake(_ descriptor: Int32) {
        let interrupted = errno
        var one: UInt64 = 1
        _ = unsafe write(descriptor, &one, 8)
        errno = interrupted
    }
}
