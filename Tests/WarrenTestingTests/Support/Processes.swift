import Foundation
import Glibc

/// Whether a process with this id exists and is more than a zombie.
func isAlive(_ processID: Int32) -> Bool {
    guard let text = try? String(contentsOfFile: "/proc/\(processID)/stat", encoding: .utf8) else { return false }
    // The state follows the name, which stands in parentheses and may hold anything.
    return text.split(separator: ")").last.map { !$0.hasPrefix(" Z") } ?? false
}

/// The processes that have `text` in their command line or environment.
func processesNaming(_ text: String) -> [Int32] {
    let entries = (try? FileManager.default.contentsOfDirectory(atPath: "/proc")) ?? []
    return entries.compactMap { Int32($0) }.filter { processID in
        processID != getpid()
            && ["cmdline", "environ"].contains { file in
                let data = FileManager.default.contents(atPath: "/proc/\(processID)/\(file)") ?? Data()
                return String(decoding: data, as: UTF8.self).contains(text)
            }
    }
}

/// The children of this process that have ended and were not reaped.
func zombies() -> [Int32] {
    let entries = (try? FileManager.default.contentsOfDirectory(atPath: "/proc")) ?? []
    return entries.compactMap { Int32($0) }.filter { processID in
        let text = (try? String(contentsOfFile: "/proc/\(processID)/stat", encoding: .utf8)) ?? ""
        return (text.split(separator: ")").last ?? "").hasPrefix(" Z \(getpid()) ")
    }
}

func exists(_ path: String) -> Bool { FileManager.default.fileExists(atPath: path) }
