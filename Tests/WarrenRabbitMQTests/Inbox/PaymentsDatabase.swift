import Warren
import WarrenStorage
import WarrenTesting

/// The database of a service: payments that its handlers have entered, and its inbox.
struct PaymentsDatabase: Sendable {
    let database: SQLiteDatabase
    let inbox: SQLiteInboxStore

    /// Opens it, and creates it where there is none.
    init(_ path: String) async throws {
        database = try await SQLiteDatabase(path: path)
        // Nothing but the inbox keeps a payment from being there twice.
        try await database.write { try $0.execute("CREATE TABLE IF NOT EXISTS payments (order_id INTEGER)") }
        inbox = try await SQLiteInboxStore(in: database)
    }

    func close() async {
        await inbox.close()
        await database.close()
    }

    /// The database takes no more pages than it has and so many, as if the disk were full; `nil`: there is room again.
    func limitPages(toFurther count: Int?) async throws {
        try await database.write { transaction in
            let pages = try transaction.query("PRAGMA page_count")[0][0].integer ?? 0
            _ = try transaction.query("PRAGMA max_page_count = \(count.map { pages + Int64($0) } ?? 1_000_000)")
        }
    }

    /// The orders that were paid, in their order.
    func orders() async throws -> [Int] {
        try await database.read { transaction in
            try transaction.query("SELECT order_id FROM payments ORDER BY order_id").compactMap(\.[0].integer).map(
                Int.init
            )
        }
    }

    /// What a handler does with a payment.
    static func enter(_ order: OrderPaid, _ context: EventContext) async throws {
        try await context.commit { (transaction: SQLiteTransaction) in
            try transaction.execute("INSERT INTO payments VALUES (?)", order.orderID)
        }
    }
}

/// Lends a folder with such a database.
func withPayments(_ body: (PaymentsDatabase, _ path: String) async throws -> Void) async throws {
    let folder = try TemporaryFolder(prefix: "warren-payments")
    let path = folder.path(of: "payments.db")
    let payments = try await PaymentsDatabase(path)
    do {
        try await body(payments, path)
    } catch {
        await payments.close()
        throw error
    }
    await payments.close()
}
