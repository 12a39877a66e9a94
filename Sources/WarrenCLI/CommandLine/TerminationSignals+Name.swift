import WarrenRuntime

extension TerminationSignals {
    /// Waits for the signal that should end a command and gives its name; nothing when the task is cancelled.
    static func firstName() async -> String? {
        // Installed by `main`, which does not go on without.
        try? await install().wait().description
    }
}
