import Testing
import Warren

@testable import WarrenStorage

@Suite("Rows that refer to others")
struct ForeignKeyTests {
    private let folder: DatabaseFolder

    init() throws {
        folder = try DatabaseFolder()
    }

    private func database(enforcesForeignKeys: Bool = true) async throws -> SQLiteDatabase {
        let database = try await folder.database(SQLiteConfiguration(enforcesForeignKeys: enforcesForeignKeys))
        try await database.write { transaction in
            try transaction.execute("CREATE TABLE orders (id INTEGER PRIMARY KEY)")
            try transaction.execute("CREATE TABLE payments (order_id INTEGER REFERENCES orders)")
            try transaction.execute(
                "CREATE TABLE refunds (order_id INTEGER REFERENCES orders DEFERRABLE INITIALLY DEFERRED)"
            )
        }
        return database
    }

    private static func insert(_ table: String, _ order: Int) -> @Sendable (SQLiteTransaction) throws -> Void {
        { try $0.execute("INSERT INTO \(table) VALUES (?)", order) }
    }

    private func orders(in table: String, of database: SQLiteDatabase) async throws -> [Int64] {
        try await database.read { try $0.query("SELECT * FROM \(table) ORDER BY 1").compactMap(\.[0].integer) }
    }

    @Test("are refused where those are not there")
    func refused() async throws {
        let database = try await database()
        try await database.write(Self.insert("orders", 1))
        try await database.write(Self.insert("payments", 1))
        for table in ["payments", "refunds"] {
            let error = await #expect(throws: StorageError.self) { try await database.write(Self.insert(table, 2)) }
            #expect(error?.code == .constraint)
            #expect(error?.message.contains("FOREIGN KEY constraint failed") == true)
        }
        #expect(try await orders(in: "payments", of: database) == [1])
    }

    @Test("may come before them in one write, where the check is deferred; others in its transaction are not harmed")
    func deferred() async throws {
        let database = try await database()
        let outcomes = try await database.together([
            Self.insert("orders", 1),
            { transaction in
                try Self.insert("refunds", 2)(transaction)
                try Self.insert("orders", 2)(transaction)
            },
            Self.insert("refunds", 3),
            // Too late for the one before.
            Self.insert("orders", 3),
            Self.insert("refunds", 3),
        ])
        #expect(outcomes == ["written", "written", "constraint", "written", "written"])
        #expect(try await orders(in: "orders", of: database) == [1, 2, 3])
        #expect(try await orders(in: "refunds", of: database) == [2, 3])
    }

    @Test("may refer to none where that is wanted")
    func unenforced() async throws {
        let database = try await database(enforcesForeignKeys: false)
        try await database.write(Self.insert("payments", 2))
        #expect(try await orders(in: "payments", of: database) == [2])
    }
}
