/// Where tests build and run programs that are not ours: a folder, and what was started beside it.
///
/// Both are gone when the value goes, and when this process ends, however it does.
package final class Workshop: Sendable {
    private static let ofThisProcess = Result { () throws(WarrenTestingError) in try Workshop() }

    /// The one that the tests of this process share.
    package static func shared() throws(WarrenTestingError) -> Workshop { try ofThisProcess.get() }

    private let guardian: ProcessGuardian

    package init() throws(WarrenTestingError) {
        guardian = try ProcessGuardian(removing: TemporaryFolder.create(prefix: "warren-workshop"))
    }

    /// The path of an entry of the folder.
    package func path(of name: String) -> String { "\(guardian.folder)/\(name)" }

    /// Runs a program to its end, without input.
    ///
    /// - Parameters:
    ///   - arguments: the program, by its absolute path, and what it is told.
    ///   - environment: beside `PATH` and `LANG`; its home is the folder.
    ///   - limit: how long it may take before it is killed. Default: 40 s.
    /// - Returns: the lines of its standard output that are not empty.
    /// - Throws: ``WarrenTestingError`` with `.commandFailed` and all it wrote when it fails, `CancellationError` when the
    ///   task is cancelled.
    @discardableResult
    package func run(
        _ arguments: [String],
        environment: [String] = [],
        within limit: Duration = .seconds(40)
    ) async throws -> [String] {
        let output = try await guardian.run(
            arguments,
            title: arguments.first ?? "",
            environment: ["PATH=/usr/local/bin:/usr/bin:/bin", "LANG=C.UTF-8", "HOME=\(guardian.folder)"] + environment,
            within: limit
        )
        return output.split(separator: "\n").map(String.init)
    }
}
