internal import Warren

extension SpoolStoreConformance {
    static let bounds: [StoreCheck<SpoolStoreFixture>] = [
        StoreCheck("a spool accepts no more bytes than it may hold, and deletes nothing for them") { fixture in
            let spool = try await fixture.open(SpoolBounds(bytes: 1000))
            for number in 0..<9 { try await spool.append("\(number)") }
            try await spool.expectRefusal(SpoolEntry("9", size: 101))
            try await spool.expectRefusal(SpoolEntry("9"), SpoolEntry("10", size: 10))
            try await spool.expectRefusal(SpoolEntry("9", size: 10_000))
            try await spool.append("9")
            try await spool.expectRefusal(SpoolEntry("10", size: 10))
            let all = (0..<10).map { "\($0)" }
            try expect("entries", try await spool.line(), is: all)
            try expect("bytes", spool.status.bytes, is: 1000)
            try await spool.remove(try await spool.positions("3"))
            try await spool.expectRefusal(SpoolEntry("10", size: 101))
            try await spool.append("10")
            try expect("entries", try await spool.line(), is: all.filter { $0 != "3" } + ["10"])
        },
        StoreCheck("what many tasks append at a time keeps the bound too") { fixture in
            let spool = try await fixture.open(SpoolBounds(bytes: 1000))
            let accepted = Notes<String>()
            try await withThrowingTaskGroup(of: Void.self) { group in
                for number in 0..<50 {
                    group.addTask {
                        do {
                            try await spool.append("\(number)")
                            accepted.add("\(number)")
                        } catch let error as StorageError {
                            try expect("code", error.code, is: .boundReached)
                        }
                    }
                }
                try await group.waitForAll()
            }
            try expect("entries", try await spool.line().sorted(), is: accepted.all.sorted())
            try expect("count", spool.status.count, is: 10)
        },
        StoreCheck("parked entries take room") { fixture in
            let spool = try await fixture.open(SpoolBounds(bytes: 300))
            try await spool.append("a", "b", "c")
            try await spool.park("a")
            try await spool.park("b")
            try await spool.expectRefusal(SpoolEntry("d"))
            try await spool.discard([try await spool.parked(after: nil, upTo: 1)[0].spooled.position])
            try await spool.append("d")
            try await spool.expectRefusal(SpoolEntry("e", size: 20))
        },
        StoreCheck("a spool accepts nothing behind an entry that is too old, and deletes nothing for it") { fixture in
            let spool = try await fixture.open(SpoolBounds(age: .seconds(60)))
            try await spool.append("a")
            fixture.advance(.seconds(30))
            try await spool.append("b")
            fixture.advance(.seconds(29))
            try await spool.append("c")
            fixture.advance(.seconds(2))
            try await spool.expectRefusal(SpoolEntry("d"))
            try expect("entries", try await spool.line(), is: ["a", "b", "c"])
            try await spool.remove(try await spool.positions("a"))
            try await spool.append("d")
            fixture.advance(.seconds(30))
            try await spool.expectRefusal(SpoolEntry("e"))
            // What is parked may wait for as long as people need.
            try await spool.park("b")
            try await spool.append("e")
            try expect("entries", try await spool.line(), is: ["c", "d", "e"])
            fixture.advance(.seconds(3600))
            try await spool.expectRefusal(SpoolEntry("f"))
            try await spool.remove(try await spool.positions("c", "d", "e"))
            try await spool.append("f")
            try expect("parked", try await spool.parkedLine(), is: ["b"])
        },
        StoreCheck("bounds that make no sense are refused") { fixture in
            for bounds in [SpoolBounds(bytes: 0), SpoolBounds(bytes: -1), SpoolBounds(age: .zero)] {
                try await expectThrow(
                    "invalid configuration",
                    StorageError.self,
                    where: { $0.code == .invalidConfiguration }
                ) {
                    _ = try await fixture.open(bounds)
                }
            }
        },
    ]
}
