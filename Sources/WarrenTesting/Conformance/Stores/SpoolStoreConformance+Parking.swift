internal import Warren

extension SpoolStoreConformance {
    static let parking: [StoreCheck<SpoolStoreFixture>] = [
        StoreCheck("a parked entry leaves the line, and is kept with its reason") { fixture in
            let spool = try await fixture.open(SpoolBounds())
            try await spool.append("a", "b", "c")
            let before = try await spool.entries(after: nil, upTo: 3)
            fixture.advance(.seconds(5))
            try await spool.park("b", reason: "404: no exchange 'é'")
            try expect("entries", try await spool.line(), is: ["a", "c"])
            let parked = try await spool.parked(after: nil, upTo: 10)
            try expect("parked", parked.map(\.spooled), is: [before[1]])
            try expect("reason", parked[0].reason, is: "404: no exchange 'é'")
            let waited = parked[0].parkedAt.milliseconds - before[1].spooledAt.milliseconds
            try expect("parked some 5 s after it was spooled", waited >= 5000, seen: "\(waited) ms")
            try expect("count", spool.status.count, is: 2)
            try expect("bytes", spool.status.bytes, is: 200)
            try expect("parked count", spool.status.parkedCount, is: 1)
            try expect("parked bytes", spool.status.parkedBytes, is: 100)
            // It is not in the line any more.
            try await spool.remove([before[1].position])
            try await spool.park(before[1].position, reason: "again")
            try expect("parked", try await spool.parked(after: nil, upTo: 10), is: parked)
        },
        StoreCheck("the time of the first entry is that of the first that waits") { fixture in
            let spool = try await fixture.open(SpoolBounds())
            for name in ["a", "b"] {
                try await spool.append(name)
                fixture.advance(.seconds(1))
            }
            let second = try await spool.entries(after: nil, upTo: 2)[1].spooledAt
            try await spool.park("a")
            try expect("time", spool.status.oldest, is: second)
            try await spool.park("b")
            try expect("time", spool.status.oldest, is: nil)
        },
        StoreCheck("parked entries are read piece by piece") { fixture in
            let spool = try await fixture.open(SpoolBounds())
            try await spool.append("a", "b", "c", "d", "e")
            for name in ["d", "a", "c"] { try await spool.park(name) }
            let first = try await spool.parked(after: nil, upTo: 2)
            try expect("parked", first.map(\.spooled.entry.eventID), is: ["a", "c"])
            let rest = try await spool.parked(after: first[1].spooled.position, upTo: 2)
            try expect("parked", rest.map(\.spooled.entry.eventID), is: ["d"])
            try expect("parked", try await spool.parked(after: rest[0].spooled.position, upTo: 2), is: [])
        },
        StoreCheck("a parked entry can be put at the end of the line") { fixture in
            let spool = try await fixture.open(SpoolBounds())
            try await spool.append("a", "b", "c")
            let before = try await spool.entries(after: nil, upTo: 3)
            try await spool.park("a")
            fixture.advance(.seconds(5))
            try expect("requeued", try await spool.requeue(before.map(\.position)), is: [before[0].position])
            try expect("entries", try await spool.line(), is: ["b", "c", "a"])
            let after = try await spool.entries(after: before[2].position, upTo: 3)
            try expect("the entry", after.map(\.entry), is: [before[0].entry])
            let moved = after[0].spooledAt.milliseconds - before[0].spooledAt.milliseconds
            try expect("as if it had come now", moved >= 5000, seen: "\(moved) ms later")
            try expect("parked", try await spool.parkedLine(), is: [])
            try expect("count", spool.status.count, is: 3)
            try expect("bytes", spool.status.bytes, is: 300)
            try expect("parked bytes", spool.status.parkedBytes, is: 0)
            try expect("time", spool.status.oldest, is: before[1].spooledAt)
            try expect("requeued", try await spool.requeue([before[0].position]), is: [])
        },
        StoreCheck("a parked entry can be discarded") { fixture in
            let spool = try await fixture.open(SpoolBounds())
            try await spool.append("a", "b", "c")
            let positions = try await spool.positions("a", "b", "c")
            try await spool.park("a")
            try await spool.park("b")
            try expect("discarded", try await spool.discard(positions), is: Array(positions.prefix(2)))
            try expect("discarded", try await spool.discard(positions), is: [])
            try expect("entries", try await spool.line(), is: ["c"])
            try expect("parked", try await spool.parkedLine(), is: [])
            try expect("parked count", spool.status.parkedCount, is: 0)
        },
    ]
}
