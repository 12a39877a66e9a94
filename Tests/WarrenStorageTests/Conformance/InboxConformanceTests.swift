import Testing
import Warren
import WarrenRuntime
import WarrenTesting

@testable import WarrenStorage

private let all =
    InboxStoreConformance.checks + InboxStoreConformance.rowChecks + InboxStoreConformance.sharingChecks
    + InboxStoreConformance.crashChecks

@Suite("An inbox in SQLite")
struct InboxConformanceTests {
    @Test("keeps every promise of an inbox", arguments: all)
    func promises(check: StoreCheck<InboxStoreFixture>) async throws {
        let folder = try DatabaseFolder()
        let database = try await folder.database()
        try await database.write { try $0.execute("CREATE TABLE numbers (number INTEGER PRIMARY KEY)") }
        try await check.run(
            InboxStoreFixture(
                retention: .seconds(3600),
                advance: { folder.calendar.advance(by: $0) },
                rows: InboxStoreFixture.Rows(
                    write: { transaction, number in
                        let transaction = try #require(transaction as? SQLiteTransaction)
                        try transaction.execute("INSERT INTO numbers VALUES (?)", number)
                    },
                    all: {
                        try await database.read { transaction in
                            try transaction.query("SELECT number FROM numbers").compactMap(\.[0].integer).map(Int.init)
                        }
                    }
                ),
                openAfterCrash: {
                    try folder.crash()
                    return try await folder.inbox()
                },
                open: { try await folder.inbox() }
            )
        )
    }
}
