import WarrenRuntime

extension TerminationSignals {
    /// Waits for the signal that should end a command and gives its name; nothing when the task is cancelled.
    static func firstName() async -> String? {
        // Installed by `main`, which does not go on without.
        try? await install().wait().description
    }

    /// The same; nothing when `end` comes first.
    static func firstName(before end: StopSignal?) async -> String? {
        guard let end else { return await firstName() }
        return await withTaskGroup(of: String?.self) { group in
            group.addTask { await firstName() }
            group.addTask {
                await end.wait()
                return nil
            }
            defer { group.cancelAll() }
            return await group.next() ?? nil
        }
    }
}
