/// Why a command ends without having done its work: one sentence for stderr, and the exit status.
package struct CommandFailure: Error, Hashable, CustomStringConvertible {
    package let status: ExitStatus
    package let message: String

    package init(_ status: ExitStatus, _ message: String) {
        self.status = status
        self.message = message
    }

    package static func usage(_ message: String) -> CommandFailure { CommandFailure(.usage, message) }

    package var description: String { message }
}
