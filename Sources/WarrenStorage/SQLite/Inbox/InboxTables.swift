import Warren
import WarrenRuntime

/// The tables of an inbox, as one connection sees them.
struct InboxTables {
    static let schema = Schema(
        part: "inbox",
        steps: [
            // Rows are nearly in the order of their time: a clock may be set back. Events of one subscription stand together
            // in the index of the keys.
            """
            CREATE TABLE warren_inbox (
                id INTEGER PRIMARY KEY,
                subscription TEXT NOT NULL,
                source TEXT NOT NULL,
                event_id TEXT NOT NULL,
                handled_at INTEGER NOT NULL,
                UNIQUE (subscription, source, event_id)
            ) STRICT;
            CREATE INDEX warren_inbox_by_time ON warren_inbox (handled_at);
            -- Events that may have ended a process. `handler` is the inbox whose process is at work on it.
            CREATE TABLE warren_inbox_suspects (
                subscription TEXT NOT NULL,
                source TEXT NOT NULL,
                event_id TEXT NOT NULL,
                crashes INTEGER NOT NULL,
                handler TEXT,
                seen_at INTEGER NOT NULL,
                PRIMARY KEY (subscription, source, event_id)
            ) STRICT, WITHOUT ROWID;
            CREATE INDEX warren_inbox_suspects_by_time ON warren_inbox_suspects (seen_at);
            """
        ]
    )

    /// What is known of an event.
    enum Record: Sendable {
        case none
        case suspect
        case handled
    }

    private static let isKey = "subscription = ? AND source = ? AND event_id = ?"
    private static let findHandled = "SELECT 1 FROM warren_inbox WHERE \(isKey)"
    private static let findSuspect = "SELECT 1 FROM warren_inbox_suspects WHERE \(isKey)"
    private static let insertHandled = """
        INSERT INTO warren_inbox (subscription, source, event_id, handled_at) VALUES (?, ?, ?, ?) ON CONFLICT DO NOTHING
        """
    private static let deleteSuspect = "DELETE FROM warren_inbox_suspects WHERE \(isKey)"
    // Whoever counts has the claim alone: another handler still on record has died.
    private static let countCrash = """
        UPDATE warren_inbox_suspects
        SET crashes = crashes + (handler IS NOT NULL AND handler <> ?), handler = NULL, seen_at = ?
        WHERE \(isKey)
        RETURNING crashes
        """
    private static let putOnRecord = """
        INSERT INTO warren_inbox_suspects (subscription, source, event_id, crashes, handler, seen_at)
        VALUES (?, ?, ?, 0, ?, ?)
        ON CONFLICT DO UPDATE SET handler = excluded.handler, seen_at = excluded.seen_at
        """

    let connection: SQLiteConnection

    init(_ connection: SQLiteConnection) {
        self.connection = connection
    }

    func record(of key: InboxKey) throws(StorageError) -> Record {
        if try has(Self.findHandled, key) { return .handled }
        return try has(Self.findSuspect, key) ? .suspect : .none
    }

    /// Crosses out who is at work on an event, and has died unless it is this very handler.
    ///
    /// - Returns: how many have died at it.
    /// - Throws: `StorageError`.
    func countCrash(of key: InboxKey, butNotOf handler: String, now: WallTime) throws(StorageError) -> Int {
        let crashes = try connection.rows(
            Self.countCrash,
            handler,
            now.milliseconds,
            key.subscription,
            key.source,
            key.eventID
        ) { Int(clamping: $0.integer(at: 0)) }
        return crashes.first ?? 0
    }

    /// A handler begins.
    func putOnRecord(_ key: InboxKey, handler: String, now: WallTime) throws(StorageError) {
        try connection.run(
            Self.putOnRecord,
            key.subscription,
            key.source,
            key.eventID,
            handler,
            now.milliseconds
        )
    }

    /// This handler has not died at these events; what crashed before, or others have on record, stays there.
    func endSuspects(_ keys: [InboxKey], of handler: String) throws(StorageError) {
        for key in keys {
            try connection.run(
                "UPDATE warren_inbox_suspects SET handler = NULL WHERE \(Self.isKey) AND handler = ?",
                key.subscription,
                key.source,
                key.eventID,
                handler
            )
            try run("\(Self.deleteSuspect) AND crashes = 0 AND handler IS NULL", key)
        }
    }

    /// This handler has not died at any event.
    func endSuspects(of handler: String) throws(StorageError) {
        try connection.run("DELETE FROM warren_inbox_suspects WHERE handler = ? AND crashes = 0", handler)
        try connection.run("UPDATE warren_inbox_suspects SET handler = NULL WHERE handler = ?", handler)
    }

    func forgetSuspect(_ key: InboxKey) throws(StorageError) {
        try run(Self.deleteSuspect, key)
    }

    /// - Throws: `StorageError`, with code `alreadyHandled` when it was marked before.
    func markHandled(_ key: InboxKey, now: WallTime) throws(StorageError) {
        try connection.run(
            Self.insertHandled,
            key.subscription,
            key.source,
            key.eventID,
            now.milliseconds
        )
        guard connection.changes > 0 else {
            throw StorageError(.alreadyHandled, "'\(connection.path)': \(key) was handled before")
        }
    }

    /// What bears a time of a calendar that was behind is remembered from now on, at most `limit` events.
    ///
    /// - Returns: how many they were.
    func redate(_ times: ClosedRange<WallTime>, to now: WallTime, limit: Int) throws(StorageError) -> Int {
        try connection.run(
            """
            UPDATE warren_inbox SET handled_at = ?
            WHERE id IN (SELECT id FROM warren_inbox WHERE handled_at BETWEEN ? AND ? LIMIT ?)
            """,
            now.milliseconds,
            times.lowerBound.milliseconds,
            times.upperBound.milliseconds,
            limit
        )
        return connection.changes
    }

    /// Forgets events that were handled before a moment, the oldest first, at most `limit`.
    ///
    /// Those that bear a time that has not come yet, of a calendar that was ahead, hold up nobody: they are few, and stay.
    func pruneHandled(before moment: WallTime, limit: Int) throws(StorageError) -> Int {
        try connection.run(
            """
            DELETE FROM warren_inbox
            WHERE id IN (SELECT id FROM warren_inbox WHERE handled_at < ? ORDER BY handled_at LIMIT ?)
            """,
            moment.milliseconds,
            limit
        )
        return connection.changes
    }

    /// Suspects that were last seen before a moment, at most `limit`; somebody may still be at work on them.
    func suspects(seenBefore moment: WallTime, limit: Int) throws(StorageError) -> [InboxKey] {
        try connection.rows(
            """
            SELECT subscription, source, event_id FROM warren_inbox_suspects WHERE seen_at < ? ORDER BY seen_at LIMIT ?
            """,
            moment.milliseconds,
            limit
        ) { row in
            InboxKey(source: row.text(at: 1), eventID: row.text(at: 2), subscription: row.text(at: 0))
        }
    }

    /// Forgets those of some suspects that nobody has seen since.
    func forgetSuspects(_ keys: [InboxKey], seenBefore moment: WallTime) throws(StorageError) -> Int {
        var count = 0
        for key in keys {
            try connection.run(
                "\(Self.deleteSuspect) AND seen_at < ?",
                key.subscription,
                key.source,
                key.eventID,
                moment.milliseconds
            )
            count += connection.changes
        }
        return count
    }

    private func has(_ sql: String, _ key: InboxKey) throws(StorageError) -> Bool {
        let found: [Bool] = try connection.rows(
            sql,
            key.subscription,
            key.source,
            key.eventID
        ) { _ in true }
        return !found.isEmpty
    }

    private func run(_ sql: String, _ key: InboxKey) throws(StorageError) {
        try connection.run(sql, key.subscription, key.source, key.eventID)
    }
}
