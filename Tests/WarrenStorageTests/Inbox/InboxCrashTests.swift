import Glibc
import Testing
import Warren
import WarrenTesting

@testable import WarrenStorage

@Suite("An inbox whose process is killed")
struct InboxCrashTests {
    private let folder: DatabaseFolder

    init() throws {
        folder = try DatabaseFolder()
    }

    private static func key(_ name: String) -> InboxKey {
        InboxKey(source: "shop", eventID: name, subscription: "billing")
    }

    @Test("has a mark for each row that a handler has written, and a row for each mark")
    func marksAndRows() async throws {
        let database = try await folder.database()
        try await database.write { try $0.execute("CREATE TABLE payments (event_id TEXT PRIMARY KEY)") }
        await (try await folder.inbox(in: database)).close()
        await database.close()
        let handled = folder.folder.path(of: "handled")
        for round in 0..<8 {
            await #expect(processExitsWith: .signal(SIGKILL)) {
                [path = folder.path as String, handled = handled as String, round = round as Int] in
                let database = try await SQLiteDatabase(path: path)
                let inbox = try await SQLiteInboxStore(in: database)
                let log = try Journal(handled, killingWithin: .milliseconds(150))
                try await withThrowingTaskGroup(of: Void.self) { group in
                    for task in 0..<8 {
                        group.addTask {
                            for number in 0... {
                                let name = "\(round) \(task) \(number)"
                                let admission = try await inbox.claim(Self.key(name), waitingUpTo: .zero)
                                guard case .admitted(let claim) = admission else { continue }
                                if number % 5 == 0 { try await claim.putOnRecord() }
                                try await claim.commit { (transaction: SQLiteTransaction) in
                                    try transaction.execute("INSERT INTO payments VALUES (?)", name)
                                }
                                try log.write(name)
                            }
                        }
                    }
                    try await group.waitForAll()
                }
            }
            let database = try await folder.database()
            let (marks, rows, suspects) = try await database.read { transaction in
                (
                    try transaction.query("SELECT event_id FROM warren_inbox ORDER BY event_id").map(\.[0].text),
                    try transaction.query("SELECT event_id FROM payments ORDER BY event_id").map(\.[0].text),
                    try transaction.query("SELECT event_id FROM warren_inbox_suspects").compactMap(\.[0].text)
                )
            }
            #expect(marks == rows)
            let logged = try Journal.read(handled)
            #expect(logged.contains { $0.hasPrefix("\(round) ") })
            #expect(Set(logged).isSubset(of: Set(rows.compactMap(\.self))))
            // Those that were being handled: one in each task, and not handled.
            #expect(suspects.count { $0.hasPrefix("\(round) ") } <= 8)
            #expect(Set(suspects).isDisjoint(with: logged))
            await database.close()
        }
    }

    @Test("gives the claims of a dead process to the next one, and counts the crash of what was on record")
    func claims() async throws {
        let inbox = try await folder.inbox()
        for crashes in 1...3 {
            await #expect(processExitsWith: .signal(SIGKILL)) { [path = folder.path as String] in
                let inbox = try await SQLiteInboxStore(in: SQLiteDatabase(path: path))
                let innocent = try await inbox.claim(Self.key("innocent"), waitingUpTo: .seconds(20))
                let suspect = try await inbox.claim(Self.key("suspect"), waitingUpTo: .seconds(20))
                guard case (.admitted, .admitted(let claim)) = (innocent, suspect) else { return }
                try await claim.putOnRecord()
                kill(getpid(), SIGKILL)
                withExtendedLifetime((innocent, suspect)) {}
            }
            for (name, expected) in [("innocent", 0), ("suspect", crashes)] {
                let admission = try await inbox.claim(Self.key(name), waitingUpTo: .zero)
                guard case .admitted(let claim) = admission else {
                    Issue.record("the claim on '\(name)' has outlived its process: \(admission)")
                    continue
                }
                #expect(claim.crashes == expected)
                await claim.release()
            }
        }
    }

    @Test("is shared by processes: each event is handled by one of them")
    func twoProcesses() async throws {
        let database = try await folder.database()
        try await database.write { try $0.execute("CREATE TABLE payments (event_id TEXT PRIMARY KEY)") }
        let inbox = try await folder.inbox(in: database)
        let count = folder.folder.path(of: "count")
        async let here = Self.handleAll(inbox)
        await #expect(processExitsWith: .success) { [path = folder.path as String, count = count as String] in
            let handled = try await Self.handleAll(SQLiteInboxStore(in: SQLiteDatabase(path: path)))
            try Journal(count).write("\(handled)")
        }
        let there = try Journal.read(count).compactMap { Int($0) }
        #expect(try await here + there.reduce(0, +) == 300)
    }

    /// - Returns: how many events this process has handled.
    private static func handleAll(_ inbox: SQLiteInboxStore) async throws -> Int {
        var count = 0
        for number in 0..<300 {
            let admission = try await inbox.claim(key("\(number)"), waitingUpTo: .seconds(60))
            guard case .admitted(let claim) = admission else { continue }
            try await claim.commit { (transaction: SQLiteTransaction) in
                try transaction.execute("INSERT INTO payments VALUES (?)", "\(number)")
            }
            count += 1
        }
        return count
    }
}
