import FoundationEssentials
import Glibc
import WarrenRuntime

/// Lines in a file that a process writes before it is killed: each is there as soon as it is written.
package final class Journal: Sendable {
    private let file: Descriptor
    private let fuse: Locked<Duration?>

    /// Opens or creates the file.
    ///
    /// - Parameters:
    ///   - path: the file's path.
    ///   - limit: the process is killed some time after its first line, it knows not when, but within this; `nil`: it is
    ///     not.
    /// - Throws: ``WarrenTestingError`` with `.system` when the file cannot be opened.
    package init(_ path: String, killingWithin limit: Duration? = nil) throws(WarrenTestingError) {
        file = try Descriptor.open(path, O_WRONLY | O_CREAT | O_APPEND)
        fuse = Locked(limit)
    }

    /// Writes a line; the first one lights the fuse.
    ///
    /// - Throws: ``WarrenTestingError`` with `.system` when the line cannot be written, `SystemError` when the process
    ///   cannot be killed.
    package func write(_ line: String) throws {
        let bytes = Array("\(line)\n".utf8)
        let count = unsafe bytes.withUnsafeBytes { unsafe Glibc.write(file.number, $0.baseAddress, $0.count) }
        guard count == bytes.count else { throw WarrenTestingError.system("write", errno) }
        guard let limit = fuse.withLock({ exchange(&$0, with: nil) }) else { return }
        let delay = UInt32.random(in: 0...UInt32(limit / .microseconds(1)))
        try IOThread.start(name: "kill") {
            usleep(delay)
            kill(getpid(), SIGKILL)
        }
    }

    /// The lines of a file; empty where there is no file.
    ///
    /// - Throws: what the file system throws.
    package static func read(_ path: String) throws -> [String] {
        guard FileManager.default.fileExists(atPath: path) else { return [] }
        return try String(contentsOfFile: path, encoding: .utf8).split(separator: "\n").map(String.init)
    }
}
