/// What the process says to whoever started it; the numbers of `sysexits.h`.
package enum ExitStatus: Int32, Sendable {
    case done = 0
    case failed = 1
    case usage = 64
    case unavailable = 69
    case configuration = 78
}
