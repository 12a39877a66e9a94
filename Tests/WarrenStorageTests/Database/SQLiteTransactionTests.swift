import Testing
import Warren
import WarrenRuntime

@testable import WarrenStorage

/// What a handler throws.
struct Refusal: Error {}

@Suite("A transaction in SQLite")
struct SQLiteTransactionTests {
    private let folder: DatabaseFolder
    private let database: SQLiteDatabase

    init() async throws {
        folder = try DatabaseFolder()
        database = try await folder.database()
        try await database.write { transaction in
            try transaction.execute("CREATE TABLE numbers (number INTEGER PRIMARY KEY, text TEXT) STRICT")
        }
    }

    private func numbers() async throws -> [Int64] {
        try await database.read { try $0.query("SELECT number FROM numbers ORDER BY number").compactMap(\.[0].integer) }
    }

    private func failure(_ body: @escaping @Sendable (SQLiteTransaction) throws -> Void) async -> StorageError? {
        await #expect(throws: StorageError.self) { try await database.write(body) }
    }

    @Test("keeps values of every kind as they are")
    func values() async throws {
        let values: [SQLiteValue] = [
            .null, .integer(.min), .integer(.max), .integer(0), .real(1.5), .real(-.infinity), .text(""), .text("a\0é"),
            .blob([]), .blob([0, 255]), .blob(Array(repeating: 7, count: 1_000_000)),
        ]
        try await database.write { transaction in
            try transaction.execute("CREATE TABLE things (value ANY) STRICT")
            for value in values { try transaction.execute("INSERT INTO things VALUES (?)", value) }
        }
        let rows = try await database.read { try $0.query("SELECT value FROM things ORDER BY rowid") }
        #expect(rows.map(\.["value"]) == values)
        #expect(rows.map(\.[0]) == values)
        #expect(rows[0].columns == ["value"])
        #expect(rows[0]["other"] == .null)
        #expect(rows[0][1] == .null)
        #expect(rows[0][-1] == .null)
    }

    @Test("takes what Swift programs have as values")
    func convertibles() async throws {
        let nothing: String? = nil
        let row = try await database.read { transaction in
            try transaction.query(
                "SELECT ? AS a, ?, ?, ?, ?, ?, ?, ?",
                7,
                Int64(8),
                true,
                0.5,
                "text",
                [1, 2] as [UInt8],
                nothing,
                Optional("some")
            )[0]
        }
        #expect(
            row.values == [
                .integer(7), .integer(8), .integer(1), .real(0.5), .text("text"), .blob([1, 2]), .null, .text("some"),
            ]
        )
        #expect(row["a"].integer == 7)
        #expect(row["a"].real == 7)
        #expect(row[3].real == 0.5)
        #expect(row[3].integer == nil)
        #expect(row[4].text == "text")
        #expect(row[4].real == nil)
        #expect(row[5].blob == [1, 2])
        #expect(row[5].text == nil)
        #expect(row[6].blob == nil)
    }

    @Test("tells how many rows it has written, and gives back what its closure does")
    func results() async throws {
        let changes = try await database.write { transaction in
            try transaction.execute("INSERT INTO numbers (number) VALUES (1), (2), (3)")
        }
        #expect(changes == 3)
        #expect(try await numbers() == [1, 2, 3])
    }

    @Test("is undone when its closure throws, which is thrown")
    func undone() async throws {
        await #expect(throws: Refusal.self) {
            try await database.write { transaction in
                try transaction.execute("INSERT INTO numbers (number) VALUES (1)")
                throw Refusal()
            }
        }
        #expect(try await numbers() == [])
    }

    @Test("says what is wrong with a statement")
    func statements() async throws {
        let syntax = await failure { try $0.execute("INSERT INTO nowhere VALUES (1)") }
        #expect(syntax?.code == .invalidStatement)
        let reason = "cannot understand INSERT INTO nowhere VALUES (1): no such table: nowhere"
        #expect(syntax?.message == "'\(folder.path)': \(reason)")
        for sql in ["", "  ", "SELECT 1; SELECT 2", "SELECT 1; x"] {
            #expect(await failure { _ = try $0.query(sql) }?.code == .invalidStatement)
        }
        #expect(await failure { try $0.execute("INSERT INTO numbers (number) VALUES (?)") }?.code == .invalidStatement)
        #expect(
            await failure { try $0.execute("INSERT INTO numbers (number) VALUES (?)", 1, 2) }?.code == .invalidStatement
        )
        #expect(await failure { try $0.execute("INSERT INTO numbers (number) VALUES ('x')") }?.code == .constraint)
        let twice = await failure { transaction in
            for _ in 0..<2 { try transaction.execute("INSERT INTO numbers (number) VALUES (?)", 1) }
        }
        #expect(twice?.code == .constraint)
        #expect(twice?.message.hasSuffix("UNIQUE constraint failed: numbers.number") == true)
        // A semicolon and room behind it are nobody's trouble.
        try await database.write { try $0.execute("INSERT INTO numbers (number) VALUES (1); \n") }
        #expect(try await numbers() == [1])
    }

    @Test(
        "cannot be ended by a statement of its own",
        arguments: ["COMMIT", "end", "ROLLBACK", "BEGIN", "/* */ commit"]
    )
    func ending(sql: String) async throws {
        let error = await failure { transaction in
            try transaction.execute("INSERT INTO numbers (number) VALUES (1)")
            try transaction.execute(sql)
        }
        #expect(error?.code == .invalidStatement)
        #expect(error?.message.hasSuffix("a handler's statement may not begin or end the transaction") == true)
        #expect(try await numbers() == [])
    }

    @Test("may have savepoints")
    func savepoints() async throws {
        try await database.write { transaction in
            try transaction.execute("INSERT INTO numbers (number) VALUES (1)")
            try transaction.execute("SAVEPOINT mine")
            try transaction.execute("INSERT INTO numbers (number) VALUES (2)")
            try transaction.execute("ROLLBACK TO mine")
            try transaction.execute("INSERT INTO numbers (number) VALUES (3)")
        }
        #expect(try await numbers() == [1, 3])
    }

    @Test("can do nothing once it is over")
    func over() async throws {
        // Safe: used by one task after the other.
        nonisolated(unsafe) var leaked: SQLiteTransaction?
        try await database.write { leaked = $0 }
        let error = #expect(throws: StorageError.self) {
            try leaked?.execute("INSERT INTO numbers (number) VALUES (1)")
        }
        #expect(error?.code == .invalidStatement)
        #expect(try await numbers() == [])
    }

    @Test("that only reads writes nothing, and sees nothing of what is not committed")
    func reading() async throws {
        let error = await #expect(throws: StorageError.self) {
            _ = try await database.read { try $0.execute("INSERT INTO numbers (number) VALUES (1)") }
        }
        #expect(error?.code == .invalidStatement)
        try await withThrowingTaskGroup(of: Void.self) { group in
            for number in 0..<200 {
                group.addTask { [database] in
                    if number % 2 == 0 {
                        _ = try? await database.write { transaction in
                            try transaction.execute("INSERT INTO numbers (number) VALUES (1)")
                            throw Refusal()
                        }
                    } else {
                        let rows = try await database.read { try $0.query("SELECT * FROM numbers") }
                        #expect(rows == [])
                    }
                }
            }
            try await group.waitForAll()
        }
    }

    @Test("prepares a statement once, and as many different ones as one likes")
    func manyStatements() async throws {
        try await database.write { transaction in
            for number in 0..<500 {
                try transaction.execute("INSERT INTO numbers (number) VALUES (\(number))")
                try transaction.execute("UPDATE numbers SET text = ? WHERE number = ?", "x", number)
            }
        }
        #expect(try await numbers().count == 500)
    }
}
