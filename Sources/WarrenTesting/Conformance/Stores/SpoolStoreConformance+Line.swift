internal import Warren
internal import WarrenRuntime

extension SpoolStoreConformance {
    static let line: [StoreCheck<SpoolStoreFixture>] = [
        StoreCheck("entries wait in the order in which they came, as they are") { fixture in
            let spool = try await fixture.open(SpoolBounds())
            try expect("entries", try await spool.line(), is: [])
            try expect("status", spool.status, is: SpoolStatus())
            let entries = [
                SpoolEntry(eventID: "", eventType: "", route: [], body: []),
                SpoolEntry(eventID: "a\0b", eventType: "ä", route: [0, 255], body: Array(0...255)),
                SpoolEntry(eventID: "1", eventType: "Order.Paid", route: [1], body: Array("{\"a\":1}".utf8)),
                SpoolEntry("large", size: 3_000_000),
            ]
            for entry in entries { try await spool.append(entry) }
            try await spool.append(contentsOf: [])
            try await spool.append(contentsOf: [SpoolEntry("x"), SpoolEntry("y")])
            let spooled = try await spool.entries(after: nil, upTo: 100)
            try expect("entries", spooled.map(\.entry), is: entries + [SpoolEntry("x"), SpoolEntry("y")])
            let positions = spooled.map(\.position)
            try expect("places that grow", positions == positions.sorted(), seen: "\(positions)")
            try expect("count", spool.status.count, is: 6)
            try expect("bytes", spool.status.bytes, is: spooled.reduce(0) { $0 + $1.entry.size })
            try expect("time", spool.status.oldest, is: spooled.first?.spooledAt)
        },
        StoreCheck("entries are read piece by piece, and stay") { fixture in
            let spool = try await fixture.open(SpoolBounds())
            for number in 0..<25 { try await spool.append("\(number)") }
            for _ in 0..<2 {
                var (seen, last): ([String], SpoolPosition?) = ([], nil)
                while true {
                    let piece = try await spool.entries(after: last, upTo: 10)
                    guard let end = piece.last else { break }
                    seen += piece.map(\.entry.eventID)
                    last = end.position
                }
                try expect("entries", seen, is: (0..<25).map { "\($0)" })
            }
            try expect("entries of none", try await spool.entries(after: nil, upTo: 0), is: [])
            try expect("entries of less than none", try await spool.entries(after: nil, upTo: -1), is: [])
        },
        StoreCheck("of large entries fewer are read at a time, but at least one") { fixture in
            let spool = try await fixture.open(SpoolBounds())
            for number in 0..<4 { try await spool.append(SpoolEntry("\(number)", size: 9_000_000)) }
            var (seen, last): ([String], SpoolPosition?) = ([], nil)
            while true {
                let piece = try await spool.entries(after: last, upTo: 100)
                guard let end = piece.last else { break }
                let bytes = piece.reduce(0) { $0 + $1.entry.size }
                try expect("not all at a time", bytes <= 20_000_000, seen: "\(bytes) bytes")
                seen += piece.map(\.entry.eventID)
                last = end.position
            }
            try expect("entries", seen, is: ["0", "1", "2", "3"])
        },
        StoreCheck("entries that are removed are gone, whichever they are; the others stay") { fixture in
            let spool = try await fixture.open(SpoolBounds())
            try await spool.append("a", "b", "c", "d", "e")
            let positions = try await spool.positions("b", "e", "a")
            try await spool.remove(Array(positions.prefix(2)))
            try expect("entries", try await spool.line(), is: ["a", "c", "d"])
            try await spool.remove(positions + [SpoolPosition(.max), SpoolPosition(0), SpoolPosition(-1)])
            try await spool.remove([])
            try expect("entries", try await spool.line(), is: ["c", "d"])
            try expect("count", spool.status.count, is: 2)
            try expect("bytes", spool.status.bytes, is: 200)
            try await spool.remove(try await spool.positions("c", "d"))
            try expect("status", spool.status, is: SpoolStatus())
        },
        StoreCheck("entries that were appended together leave one by one, in any order") { fixture in
            let spool = try await fixture.open(SpoolBounds())
            try await spool.append("first")
            try await spool.append(contentsOf: ["a", "b", "c", "d", "e", "f"].map { SpoolEntry($0) })
            try await spool.append("last")
            let positions = try await spool.positions("b", "e", "c", "e")
            try await spool.remove(positions)
            try await spool.remove(positions)
            try expect("entries", try await spool.line(), is: ["first", "a", "d", "f", "last"])
            let behind = try await spool.entries(after: positions[0], upTo: 2)
            try expect("entries", behind.map(\.entry.eventID), is: ["d", "f"])
            try expect("count", spool.status.count, is: 5)
            try expect("bytes", spool.status.bytes, is: 500)
            try await spool.park("d")
            try await spool.park(positions[1], reason: "it is not there")
            try expect("parked", try await spool.parkedLine(), is: ["d"])
            try await spool.remove(try await spool.positions("f", "a"))
            try expect("entries", try await spool.line(), is: ["first", "last"])
            let last = try await spool.entries(after: positions[0], upTo: 1)
            try expect("entries", last.map(\.entry.eventID), is: ["last"])
            try expect("count", spool.status.count, is: 2)
            try expect("bytes", spool.status.bytes, is: 200)
        },
        StoreCheck("a place is not used twice") { fixture in
            let spool = try await fixture.open(SpoolBounds())
            try await spool.append("a", "b")
            let first = try await spool.positions("a", "b")
            try await spool.remove(first)
            try await spool.append("c")
            let second = try await spool.positions("c")
            try expect("a later place", second[0] > first[1], seen: "\(second[0]) after \(first[1])")
            // Who confirms late removes nobody else's.
            try await spool.remove(first)
            try expect("entries", try await spool.line(), is: ["c"])
        },
        StoreCheck("many tasks append at a time: all of it is there, and each task's in its order") { fixture in
            let spool = try await fixture.open(SpoolBounds())
            try await withThrowingTaskGroup(of: Void.self) { group in
                for task in 0..<32 {
                    group.addTask {
                        for number in 0..<20 { try await spool.append("\(task) \(number)") }
                    }
                }
                try await group.waitForAll()
            }
            let seen = try await spool.line()
            try expect("count", seen.count, is: 640)
            for task in 0..<32 {
                let own = seen.filter { $0.hasPrefix("\(task) ") }
                try expect("entries of task \(task)", own, is: (0..<20).map { "\(task) \($0)" })
            }
        },
    ]
}
