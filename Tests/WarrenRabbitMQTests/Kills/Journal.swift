import Foundation
import Glibc
import WarrenRuntime

/// Lines in a file that a process writes before it is killed: each is there as soon as it is written.
final class Journal: Sendable {
    private let descriptor: Int32
    private let limit: UInt32
    private let isFirst = Locked(true)

    /// Opens or creates the file; the process is killed some time after its first line, within `microseconds`.
    init(_ path: String, killsWithin microseconds: UInt32) throws {
        limit = microseconds
        descriptor = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw SystemError(call: "open", code: errno) }
    }

    deinit {
        close(descriptor)
    }

    func write(_ line: String) {
        let bytes = Array("\(line)\n".utf8)
        let count = Glibc.write(descriptor, bytes, bytes.count)
        precondition(count == bytes.count)
        guard isFirst.withLock({ exchange(&$0, with: false) }) else { return }
        let delay = UInt32.random(in: 0..<limit)
        Thread.detachNewThread {
            usleep(delay)
            kill(getpid(), SIGKILL)
        }
    }

    /// Empty where there is no file.
    static func read(_ path: String) throws -> [String] {
        guard FileManager.default.fileExists(atPath: path) else { return [] }
        return try String(contentsOfFile: path, encoding: .utf8).split(separator: "\n").map(String.init)
    }
}
