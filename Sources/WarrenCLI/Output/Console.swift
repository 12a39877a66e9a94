import Glibc
package import WarrenRuntime

/// Where a command's data and talk go: data to stdout, talk to stderr.
package struct Console: Sendable {
    package let output: OutputThread
    private let talk: Int32
    /// How long after a signal a reader may take to take what was printed.
    private static let patience = Duration.seconds(3)
    /// Whether a person looks at stderr.
    package let showsProgress: Bool

    package init(output: OutputThread, talk: Int32) {
        self.output = output
        self.talk = talk
        self.showsProgress = isatty(talk) == 1
    }

    /// One line for people.
    package func say(_ line: String) {
        Self.write((showsProgress ? "\r\u{1B}[K" : "") + line.onOneLine + "\n", to: talk)
    }

    /// Replaces the progress line, where a person sees it.
    package func progress(_ line: String) {
        guard showsProgress else { return }
        Self.write("\r\u{1B}[K" + line, to: talk)
    }

    /// Text as data, written when this returns; a reader that went away wants no more, and no complaint.
    ///
    /// One that takes nothing is waited for, but after a signal only for a few seconds.
    package func print(_ text: String) async throws(CommandFailure) {
        try await print(Array(text.utf8))
    }

    /// The same for bytes.
    package func print(_ bytes: [UInt8]) async throws(CommandFailure) {
        let failure = await TerminationSignals.patiently(Self.patience) { () -> OutputThread.Failure? in
            do throws(OutputThread.Failure) {
                try await output.write(bytes)
                try await output.flush()
                return nil
            } catch {
                return error
            }
        }
        if case let failure?? = failure, failure != .closed { throw CommandFailure(failure) }
    }

    static func write(_ text: String, to descriptor: Int32) {
        let bytes = Array(text.utf8)
        var written = 0
        while written < bytes.count {
            let count = unsafe bytes[written...].withUnsafeBytes {
                unsafe Glibc.write(descriptor, $0.baseAddress, $0.count)
            }
            guard count > 0 || errno == EINTR else { return }
            written += max(0, count)
        }
    }
}

extension CommandFailure {
    /// Data that cannot be written.
    init(_ failure: OutputThread.Failure) {
        self.init(.failed, "\(failure)")
    }
}
