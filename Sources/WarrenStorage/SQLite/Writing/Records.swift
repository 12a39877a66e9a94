import Warren

/// Records in the form of their store, which one statement writes together with those of other jobs.
struct Records: Sendable {
    /// One statement writes no more bytes than this, unless one record alone is larger.
    static let capacity = 64 << 10

    /// How many there are.
    let count: Int
    /// What they count against a bound, in bytes.
    let size: Int
    let bytes: [UInt8]

    init(count: Int, size: Int, bytes: [UInt8]) {
        self.count = count
        self.size = size
        self.bytes = bytes
    }

    /// Those of several jobs, in their order.
    init(_ parts: [Records]) {
        if parts.count == 1 {
            self = parts[0]
            return
        }
        count = parts.reduce(0) { $0 + $1.count }
        size = parts.reduce(0) { $0 + $1.size }
        var bytes: [UInt8] = []
        bytes.reserveCapacity(parts.reduce(0) { $0 + $1.bytes.count })
        for part in parts { bytes += part.bytes }
        self.bytes = bytes
    }
}

/// Writes the records of many jobs at once; called on the writer thread alone.
protocol RecordWriter: Sendable {
    /// Writes what jobs bring with one statement, which has no effect when it fails.
    ///
    /// - Returns: for each of them, why its records are not among what is written.
    /// - Throws: why nothing is written.
    func write(_ parts: [Records], on connection: SQLiteConnection) throws(StorageError) -> [(any Error)?]

    /// What was written is there to stay; those who wait are told after this.
    func committed()

    /// What was written is gone.
    func rolledBack()
}
