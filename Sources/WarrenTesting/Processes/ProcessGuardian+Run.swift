import Glibc

extension ProcessGuardian {
    /// Runs a command to its end; what it writes passes through files of the guarded folder.
    ///
    /// It is killed at the limit, and when the task is cancelled.
    ///
    /// - Returns: what it wrote to its standard output.
    /// - Throws: ``WarrenTestingError`` with `.commandFailed`, the title and all it wrote when it does not end well;
    ///   `CancellationError`.
    func run(
        _ arguments: [String],
        title: String,
        environment: [String],
        input: String = "",
        within limit: Duration
    ) async throws -> String {
        let name = "\(folder)/command-\(UInt64.random(in: 0 ... .max))"
        let (outputFile, errorFile) = ("\(name).out", "\(name).err")
        defer {
            _ = unsafe unlink(outputFile)
            _ = unsafe unlink(errorFile)
        }
        let process = try start(
            arguments,
            environment: environment,
            input: input,
            output: try .open(outputFile, O_WRONLY | O_CREAT),
            error: try .open(errorFile, O_WRONLY | O_CREAT)
        )
        let status = try await process.wait(within: limit)
        let output = fileText(outputFile)
        guard status == .exited(0) else {
            let ending = status.map { "ended with \($0)" } ?? "was killed after \(limit)"
            throw WarrenTestingError(.commandFailed, "\(title) \(ending): \(output)\(fileText(errorFile))")
        }
        return output
    }
}
