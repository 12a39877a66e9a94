import Foundation
import Glibc
import Testing
import Warren
import WarrenRuntime

@testable import WarrenStorage

@Suite("Writes whose shared transaction one of them has lost")
struct LostTransactionTests {
    private let folder: DatabaseFolder
    private let database: SQLiteDatabase

    init() async throws {
        folder = try DatabaseFolder()
        database = try await folder.database()
        try await database.write { transaction in
            try transaction.execute("CREATE TABLE things (name TEXT PRIMARY KEY, bytes BLOB)")
            try transaction.execute("INSERT INTO things VALUES ('there', NULL)")
        }
    }

    private func names() async throws -> [String] {
        try await database.read { try $0.query("SELECT name FROM things ORDER BY name").compactMap(\.[0].text) }
    }

    private static func insert(_ name: String, size: Int = 1) -> @Sendable (SQLiteTransaction) throws -> Void {
        { try $0.execute("INSERT INTO things VALUES (?, ?)", name, [UInt8](repeating: 1, count: size)) }
    }

    /// Ends the transaction that it shares with others.
    private static let losing: @Sendable (SQLiteTransaction) throws -> Void = { transaction in
        try transaction.execute("INSERT OR ROLLBACK INTO things VALUES ('there', NULL)")
    }

    /// The database takes little more, as if the disk were full.
    private func fill() async throws {
        try await database.write { transaction in
            let pages = try transaction.query("PRAGMA page_count")[0][0].integer ?? 0
            _ = try transaction.query("PRAGMA max_page_count = \(pages + 2)")
        }
    }

    @Test("are written without it, in their order, and it alone is told why")
    func innocents() async throws {
        let order = Locked<[String]>([])
        let innocent = { @Sendable (name: String) -> @Sendable (SQLiteTransaction) throws -> Void in
            { transaction in
                order.withLock { $0.append(name) }
                try Self.insert(name)(transaction)
            }
        }
        let outcomes = try await database.together([
            innocent("a"), innocent("b"), Self.losing, innocent("c"), Self.losing, innocent("d"),
        ])
        #expect(outcomes == ["written", "written", "constraint", "written", "constraint", "written"])
        #expect(try await names() == ["a", "b", "c", "d", "there"])
        // What was committed without the first is not done again for the second.
        #expect(order.withLock { $0 } == ["a", "b", "a", "b", "c", "c", "d"])
    }

    @Test("are written without what a trigger has rolled back")
    func trigger() async throws {
        try await database.write { transaction in
            try transaction.execute(
                """
                CREATE TRIGGER refused BEFORE INSERT ON things WHEN NEW.name = 'x'
                BEGIN SELECT RAISE(ROLLBACK, 'not this one'); END
                """
            )
        }
        let outcomes = try await database.together([Self.insert("a"), Self.insert("x"), Self.insert("b")])
        #expect(outcomes == ["written", "constraint", "written"])
        #expect(try await names() == ["a", "b", "there"])
    }

    @Test("give back what their last call gave")
    func values() async throws {
        let calls = Locked(0)
        let outcomes = try await database.together([
            { transaction in
                let call = calls.withLock { calls in
                    calls += 1
                    return calls
                }
                try Self.insert("call \(call)")(transaction)
            },
            Self.losing,
        ])
        #expect(outcomes == ["written", "constraint"])
        #expect(try await names() == ["call 2", "there"])
    }

    @Test("do not fail for a row that was never there")
    func failuresOfLostRows() async throws {
        let calls = Locked(0)
        let outcomes = try await database.together([
            { transaction in
                try Self.insert("a")(transaction)
                let isAgain = calls.withLock { calls in
                    calls += 1
                    return calls > 1
                }
                if isAgain { throw Refusal() }
            },
            // At first it finds the row of the one before, which does not come to stay.
            Self.insert("a"),
            Self.losing,
        ])
        #expect(outcomes == ["Refusal()", "written", "constraint"])
        #expect(try await names() == ["a", "there"])
    }

    @Test("are written when the disk is full for one of them; then work goes on")
    func full() async throws {
        try await fill()
        let outcomes = try await database.together([
            Self.insert("a"), Self.insert("b", size: 100_000), Self.insert("c"),
        ])
        #expect(outcomes == ["written", "full", "written"])
        #expect(try await names() == ["a", "c", "there"])
    }

    @Test("are written where a handler catches what cost the transaction, and goes on; it has written nothing")
    func caught() async throws {
        try await fill()
        let outcomes = try await database.together([
            Self.insert("a"),
            { transaction in
                try Self.insert("b")(transaction)
                try? Self.insert("c", size: 100_000)(transaction)
                try? Self.insert("d")(transaction)
            },
            Self.insert("e"),
        ])
        #expect(outcomes == ["written", "invalidStatement", "written"])
        #expect(try await names() == ["a", "e", "there"])
    }

    @Test("fail soon where there is no room for any: they are not done over and over again")
    func fullForAll() async throws {
        await database.close()
        await #expect(processExitsWith: .success) { [path = folder.path as String] in
            DiskFaults.install()
            let database = try await SQLiteDatabase(path: path)
            let calls = Locked(0)
            let count = 100
            let jobs = (0..<count).map { number in
                { @Sendable (transaction: SQLiteTransaction) in
                    // The disk is full from the moment when they are done.
                    DiskFaults.allow(0)
                    calls.withLock { $0 += 1 }
                    try Self.insert("\(number)")(transaction)
                }
            }
            let outcomes = try await database.together(jobs)
            #expect(outcomes == Array(repeating: "full", count: count))
            // All, half of them, a quarter and so on, then the rest.
            #expect(calls.withLock { $0 } < 4 * count)
            DiskFaults.allowAll()
            #expect(try await database.together([Self.insert("a"), Self.insert("b")]) == ["written", "written"])
        }
    }

    @Test("that lose it each time they are done do not keep the others from being written, however many they are")
    func manyLosers() async throws {
        let calls = Locked(0)
        let jobs = (0..<200).map { number in
            { @Sendable (transaction: SQLiteTransaction) in
                calls.withLock { $0 += 1 }
                if number % 2 == 0 { try Self.losing(transaction) } else { try Self.insert("\(number)")(transaction) }
            }
        }
        let outcomes = try await database.together(jobs)
        #expect(outcomes == (0..<200).map { $0 % 2 == 0 ? "constraint" : "written" })
        #expect(try await names().count == 101)
        #expect(calls.withLock { $0 } <= 400)
    }

    @Test("are written as far as there is room, where only the commit finds that there is none for all")
    func fullAtCommit() async throws {
        await database.close()
        await #expect(processExitsWith: .success) { [path = folder.path as String] in
            signal(SIGXFSZ, SIG_IGN)
            let database = try await SQLiteDatabase(path: path)
            try await database.write(Self.insert("before"))
            var limit = rlimit()
            #expect(getrlimit(__rlimit_resource_t(RLIMIT_FSIZE.rawValue), &limit) == 0)
            limit.rlim_cur = 90_000
            #expect(setrlimit(__rlimit_resource_t(RLIMIT_FSIZE.rawValue), &limit) == 0)
            let outcomes = try await database.together([
                Self.insert("a"), Self.insert("b"), Self.insert("large", size: 100_000), Self.insert("c"),
                { _ in throw Refusal() },
            ])
            #expect(outcomes == ["written", "written", "full", "written", "Refusal()"])
            let names = try await database.read { try $0.query("SELECT name FROM things").compactMap(\.[0].text) }
            #expect(Set(names) == ["a", "b", "c", "before", "there"])
        }
    }
}
