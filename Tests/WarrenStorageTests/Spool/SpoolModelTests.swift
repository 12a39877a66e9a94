import Testing
import Warren
import WarrenTesting

@testable import WarrenStorage

@Suite("A spool, whatever is done to it")
struct SpoolModelTests {
    /// A spool, and what has to be in it.
    private struct Trial {
        let folder: DatabaseFolder
        var spool: SQLiteSpoolStore
        var random: SeededGenerator
        var line: [SpooledEntry] = []
        var parked: [ParkedEntry] = []
        var made = 0

        init(seed: UInt64) async throws {
            folder = try DatabaseFolder()
            spool = try await folder.spool()
            random = SeededGenerator(seed: seed)
        }

        mutating func chance(_ percent: Int) -> Bool { Int.random(in: 0..<100, using: &random) < percent }

        mutating func step() async throws {
            folder.calendar.advance(by: .milliseconds(Int.random(in: 1..<1000, using: &random)))
            switch Int.random(in: 0..<100, using: &random) {
            case 0..<35: try await append()
            case 35..<65: try await remove()
            case 65..<80: try await park()
            case 80..<85: try await requeue()
            case 85..<90: try await discard()
            case 90..<95:
                try folder.crash()
                spool = try await folder.spool()
            default: try await readSome()
            }
            #expect(
                spool.status
                    == SpoolStatus(
                        count: line.count,
                        bytes: line.reduce(0) { $0 + $1.entry.size },
                        oldest: line.first?.spooledAt,
                        parkedCount: parked.count,
                        parkedBytes: parked.reduce(0) { $0 + $1.spooled.entry.size }
                    )
            )
        }

        /// Now and then so much that it takes several rows.
        private mutating func append() async throws {
            let count = chance(10) ? 300 : Int.random(in: 0..<12, using: &random)
            let entries = (0..<count).map { _ in
                made += 1
                return SpoolEntry(
                    eventID: "\(made)",
                    eventType: "Type \(made % 3)",
                    route: Array(repeating: 1, count: Int.random(in: 0..<30, using: &random)),
                    body: Array(repeating: UInt8(made % 256), count: Int.random(in: 0..<3000, using: &random))
                )
            }
            try await spool.append(contentsOf: entries)
            try await expectAtEnd(entries)
        }

        /// Removes many that are near each other, in any order.
        private mutating func remove() async throws {
            let start = Int.random(in: 0...line.count / 4, using: &random)
            var gone = Set<SpoolPosition>()
            for item in line.dropFirst(start).prefix(Int.random(in: 0..<150, using: &random)) where chance(80) {
                gone.insert(item.position)
            }
            try await spool.remove(gone.shuffled(using: &random))
            line.removeAll { gone.contains($0.position) }
        }

        private mutating func park() async throws {
            guard let index = line.indices.randomElement(using: &random) else { return }
            let item = line.remove(at: index)
            let reason = "reason \(Int.random(in: 0..<1000, using: &random))"
            try await spool.park(item.position, reason: reason)
            let before = SpoolPosition(item.position.number - 1)
            let now = try #require(try await spool.parked(after: before, upTo: 1).first?.parkedAt)
            parked.append(ParkedEntry(spooled: item, parkedAt: now, reason: reason))
            parked.sort { $0.spooled.position < $1.spooled.position }
        }

        private mutating func requeue() async throws {
            let chosen = parked.filter { _ in chance(50) }
            let positions = chosen.map(\.spooled.position)
            #expect(try await spool.requeue(positions) == positions)
            parked.removeAll { positions.contains($0.spooled.position) }
            try await expectAtEnd(chosen.map(\.spooled.entry))
        }

        private mutating func discard() async throws {
            guard let index = parked.indices.randomElement(using: &random) else { return }
            let position = parked.remove(at: index).spooled.position
            #expect(try await spool.discard([position]) == [position])
        }

        private mutating func readSome() async throws {
            let start = chance(30) ? nil : line.randomElement(using: &random)?.position
            let limit = Int.random(in: 0..<100, using: &random)
            let behind = line.filter { item in start.map { item.position > $0 } ?? true }.prefix(limit)
            #expect(try await spool.entries(after: start, upTo: limit) == Array(behind))
        }

        /// Notes what has come behind what was there.
        private mutating func expectAtEnd(_ entries: [SpoolEntry]) async throws {
            let added = try await all(after: line.last?.position)
            #expect(added.map(\.entry) == entries)
            line += added
        }

        func all(after position: SpoolPosition?) async throws -> [SpooledEntry] {
            var (all, last) = ([SpooledEntry](), position)
            while true {
                let entries = try await spool.entries(after: last, upTo: 1000)
                guard let end = entries.last else { return all }
                all += entries
                last = end.position
            }
        }
    }

    @Test("has what a list of entries would have, after crashes too", arguments: 1...8)
    func model(seed: UInt64) async throws {
        var trial = try await Trial(seed: seed)
        for _ in 0..<250 { try await trial.step() }
        #expect(trial.made > 500)
        #expect(try await trial.all(after: nil) == trial.line)
        #expect(try await trial.spool.parked(after: nil, upTo: 1000) == trial.parked)
        try await trial.spool.remove(trial.line.map(\.position))
        #expect(trial.spool.status.count == 0)
        #expect(trial.spool.status.bytes == 0)
        // Nothing is left of entries that are gone.
        let rows = try await trial.spool.integers(
            "SELECT count(*), (SELECT count(*) FROM warren_spool_removed) FROM warren_spool"
        )
        #expect(rows == [0, 0])
    }
}
