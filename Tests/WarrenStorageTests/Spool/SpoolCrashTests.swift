import Glibc
import Testing
import Warren
import WarrenTesting

@testable import WarrenStorage

@Suite("A spool whose process is killed")
struct SpoolCrashTests {
    @Test("has all that it had accepted, in order, again and again")
    func killed() async throws {
        let folder = try DatabaseFolder()
        let (accepted, removed) = (folder.folder.path(of: "accepted"), folder.folder.path(of: "removed"))
        for round in 0..<8 {
            await #expect(processExitsWith: .signal(SIGKILL)) {
                [
                    path = folder.path as String, accepted = accepted as String, removed = removed as String,
                    round = round as Int
                ] in
                let spool = try await SQLiteSpoolStore(path: path)
                let acceptedLog = try Journal(accepted, killingWithin: .milliseconds(150))
                let removedLog = try Journal(removed)
                try await withThrowingTaskGroup(of: Void.self) { group in
                    for task in 0..<8 {
                        group.addTask {
                            for number in 0... {
                                let name = "\(round) \(task) \(number)"
                                try await spool.append(SpoolEntry(name))
                                try acceptedLog.write(name)
                            }
                        }
                    }
                    group.addTask {
                        while true {
                            let entries = try await spool.entries(after: nil, upTo: 3)
                            for entry in entries { try removedLog.write(entry.entry.eventID) }
                            try await spool.remove(entries.map(\.position))
                            await Task.yield()
                        }
                    }
                    try await group.waitForAll()
                }
            }
            let spool = try await folder.spool()
            let line = try await spool.line()
            let (acceptedNames, removedNames) = (try Journal.read(accepted), Set(try Journal.read(removed)))
            #expect(acceptedNames.contains { $0.hasPrefix("\(round) ") })
            let lost = Set(acceptedNames).subtracting(line).subtracting(removedNames)
            #expect(lost.isEmpty, "lost in round \(round): \(lost.prefix(10))")
            #expect(Set(line).count == line.count)
            for task in 0..<8 {
                // What is there of a task has no gap, and one more than was accepted at most.
                let own = line.filter { $0.hasPrefix("\(round) \(task) ") }
                let last = acceptedNames.count { $0.hasPrefix("\(round) \(task) ") }
                let first = own.first.flatMap { Int($0.split(separator: " ")[2]) } ?? last
                #expect(own == (first..<(first + own.count)).map { "\(round) \(task) \($0)" })
                #expect((last...last + 1).contains(first + own.count), "round \(round), task \(task)")
            }
            #expect(line.count == spool.status.count)
            await spool.close()
        }
    }
}
