import Testing
import Warren
import WarrenTesting

@testable import WarrenStorage

@Suite("A spool, whatever is done to it")
struct SpoolModelTests {
    /// A spool, and what has to be in it.
    private struct Trial {
        typealias Item = (position: SpoolPosition, entry: SpoolEntry)

        let folder: DatabaseFolder
        var spool: SQLiteSpoolStore
        var random: SeededGenerator
        var line: [Item] = []
        var parked: [Item] = []
        var made = 0

        init(seed: UInt64) async throws {
            folder = try DatabaseFolder()
            spool = try await folder.spool()
            random = SeededGenerator(seed: seed)
        }

        mutating func chance(_ percent: Int) -> Bool { Int.random(in: 0..<100, using: &random) < percent }

        mutating func step() async throws {
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
                        oldest: spool.status.oldest,
                        parkedCount: parked.count,
                        parkedBytes: parked.reduce(0) { $0 + $1.entry.size }
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
            try await spool.park(item.position, reason: "too large")
            parked.append(item)
            parked.sort { $0.position < $1.position }
        }

        private mutating func requeue() async throws {
            let chosen = parked.filter { _ in chance(50) }
            let positions = chosen.map(\.position)
            #expect(try await spool.requeue(positions) == positions)
            parked.removeAll { positions.contains($0.position) }
            try await expectAtEnd(chosen.map(\.entry))
        }

        private mutating func discard() async throws {
            guard let index = parked.indices.randomElement(using: &random) else { return }
            let position = parked.remove(at: index).position
            #expect(try await spool.discard([position]) == [position])
        }

        private mutating func readSome() async throws {
            let start = chance(30) ? nil : line.randomElement(using: &random)?.position
            let limit = Int.random(in: 0..<100, using: &random)
            let behind = line.filter { item in start.map { item.position > $0 } ?? true }.prefix(limit)
            #expect(try await spool.entries(after: start, upTo: limit).map(\.entry) == behind.map(\.entry))
        }

        /// Notes what has come behind what was there.
        private mutating func expectAtEnd(_ entries: [SpoolEntry]) async throws {
            let added = try await all(after: line.last?.position)
            #expect(added.map(\.entry) == entries)
            line += added.map { ($0.position, $0.entry) }
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
        let all = try await trial.all(after: nil)
        #expect(all.map(\.entry) == trial.line.map(\.entry))
        #expect(all.map(\.position) == trial.line.map(\.position))
        let parked = try await trial.spool.parked(after: nil, upTo: 1000)
        #expect(parked.map(\.spooled.entry) == trial.parked.map(\.entry))
        #expect(parked.map(\.spooled.position) == trial.parked.map(\.position))
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
