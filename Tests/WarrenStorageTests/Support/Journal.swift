import Foundation
import Glibc
import WarrenRuntime

/// Lines in a file that a process writes before it is killed: each is there as soon as it is written.
final class Journal: Sendable {
    private let descriptor: Int32
    private let kills: Locked<Bool>

    /// Opens or creates the file; `kills`: the process is killed some time after its first line, it knows not when.
    init(_ path: String, kills: Bool = false) throws {
        self.kills = Locked(kills)
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
        if kills.withLock({ exchange(&$0, with: false) }) { Self.killSoon() }
    }

    private static func killSoon() {
        let delay = UInt32.random(in: 0..<150_000)
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
