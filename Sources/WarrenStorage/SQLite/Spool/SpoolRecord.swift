import Warren
import WarrenRuntime

/// An entry among the bytes of a row: the lengths of its id, type, route and body, then these.
struct SpoolRecord {
    private static let lengthSize = 4
    fileprivate static let headerSize = 4 * lengthSize

    /// Those of the whole row.
    private let bytes: [UInt8]
    private let eventID: Range<Int>
    private let eventType: Range<Int>
    private let route: Range<Int>
    private let body: Range<Int>

    /// The entry that begins at `offset`; `nil` when there is none: the row is damaged.
    private init?(in bytes: [UInt8], at offset: Int) {
        var end = offset + Self.headerSize
        guard end <= bytes.count else { return nil }
        func field(_ number: Int) -> Range<Int> {
            let start = offset + number * Self.lengthSize
            let length = bytes[start..<start + Self.lengthSize].reversed().reduce(0) { $0 << 8 | Int($1) }
            defer { end += length }
            return end..<end + length
        }
        self.bytes = bytes
        eventID = field(0)
        eventType = field(1)
        route = field(2)
        body = field(3)
        guard end <= bytes.count else { return nil }
    }

    /// What it counts against the bound.
    var size: Int { body.upperBound - eventID.lowerBound }

    /// The entry as a spool hands it out.
    func spooled(at position: Int64, since spooledAt: WallTime) -> SpooledEntry {
        SpooledEntry(
            position: SpoolPosition(position),
            spooledAt: EventTimestamp(milliseconds: spooledAt.milliseconds),
            entry: SpoolEntry(
                eventID: String(decoding: bytes[eventID], as: UTF8.self),
                eventType: String(decoding: bytes[eventType], as: UTF8.self),
                route: Array(bytes[route]),
                body: Array(bytes[body])
            )
        )
    }

    /// The entry for a row of its own.
    var alone: Records {
        Records(count: 1, size: size, bytes: Array(bytes[eventID.lowerBound - Self.headerSize..<body.upperBound]))
    }

    /// Reads the entries of a row.
    ///
    /// - Returns: `nil` when there are not so many: the row is damaged.
    static func all(in bytes: [UInt8], count: Int) -> [SpoolRecord]? {
        var records: [SpoolRecord] = []
        var offset = 0
        while offset < bytes.count {
            guard records.count < count, let record = SpoolRecord(in: bytes, at: offset) else { return nil }
            records.append(record)
            offset = record.body.upperBound
        }
        return records.count == count ? records : nil
    }

    /// Appends an entry to the bytes of a row.
    ///
    /// What a length cannot tell SQLite does not take: its rows are smaller than 2 GiB.
    fileprivate static func append(_ entry: SpoolEntry, to bytes: inout [UInt8]) {
        let header = (
            length(entry.eventID.utf8.count), length(entry.eventType.utf8.count),
            length(entry.route.count), length(entry.body.count)
        )
        unsafe withUnsafeBytes(of: header) { unsafe bytes.append(contentsOf: $0) }
        bytes.append(contentsOf: entry.eventID.utf8)
        bytes.append(contentsOf: entry.eventType.utf8)
        bytes.append(contentsOf: entry.route)
        bytes.append(contentsOf: entry.body)
    }

    private static func length(_ count: Int) -> UInt32 { UInt32(clamping: count).littleEndian }
}

extension Records {
    init(_ entry: SpoolEntry) {
        let size = entry.size
        var bytes: [UInt8] = []
        bytes.reserveCapacity(SpoolRecord.headerSize + size)
        SpoolRecord.append(entry, to: &bytes)
        self.init(count: 1, size: size, bytes: bytes)
    }

    /// Divides entries into rows that are not too large, unless an entry alone is.
    static func rows(of entries: [SpoolEntry]) -> [Records] {
        var rows: [Records] = []
        var row: [Records] = []
        var size = 0
        for records in entries.lazy.map({ Records($0) }) {
            if size + records.bytes.count > capacity, !row.isEmpty {
                rows.append(Records(row))
                (row, size) = ([], 0)
            }
            row.append(records)
            size += records.bytes.count
        }
        if !row.isEmpty { rows.append(Records(row)) }
        return rows
    }
}
