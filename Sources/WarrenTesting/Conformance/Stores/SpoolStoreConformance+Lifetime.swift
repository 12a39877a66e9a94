internal import Warren

extension SpoolStoreConformance {
    static let lifetime: [StoreCheck<SpoolStoreFixture>] = [
        StoreCheck("a spool that is opened again has all that was in it") { fixture in
            var spool = try await fixture.open(SpoolBounds())
            try await spool.append("a", "b", "c", "d")
            try await spool.remove(try await spool.positions("a"))
            try await spool.park("c")
            let (status, entries) = (spool.status, try await spool.entries(after: nil, upTo: 10))
            let parked = try await spool.parked(after: nil, upTo: 10)
            await spool.close()
            spool = try await fixture.open(SpoolBounds())
            try expect("status", spool.status, is: status)
            try expect("entries", try await spool.entries(after: nil, upTo: 10), is: entries)
            try expect("parked", try await spool.parked(after: nil, upTo: 10), is: parked)
            try await spool.append("e")
            try await spool.requeue(parked.map(\.spooled.position))
            try expect("entries", try await spool.line(), is: ["b", "d", "e", "c"])
        },
        StoreCheck("a spool has all that it had accepted when the process was killed") { fixture in
            let spool = try await fixture.open(SpoolBounds())
            try await spool.append("a", "b", "c", "d")
            try await spool.remove(try await spool.positions("a"))
            try await spool.park("c")
            let after = try await fixture.openAfterCrash()
            try expect("entries", try await after.line(), is: ["b", "d"])
            try expect("parked", try await after.parkedLine(), is: ["c"])
            try expect("status", after.status, is: spool.status)
        },
        StoreCheck("a spool has one owner, until that closes it") { fixture in
            let spool = try await fixture.open(SpoolBounds())
            try await spool.append("a")
            try await expectThrow("in use", StorageError.self, where: { $0.code == .inUse }) {
                _ = try await fixture.open(SpoolBounds())
            }
            try await spool.append("b")
            await spool.close()
            let next = try await fixture.open(SpoolBounds())
            try expect("entries", try await next.line(), is: ["a", "b"])
        },
        StoreCheck("a closed spool says so, finishes what was begun, and closing it again does nothing") { fixture in
            let spool = try await fixture.open(SpoolBounds())
            let accepted = Notes<String>()
            try await withThrowingTaskGroup(of: Void.self) { group in
                for number in 0..<50 {
                    group.addTask {
                        do {
                            try await spool.append("\(number)")
                            accepted.add("\(number)")
                        } catch let error as StorageError {
                            try expect("code", error.code, is: .closed)
                        }
                    }
                    if number == 25 { await spool.close() }
                }
                try await group.waitForAll()
            }
            await spool.close()
            try await expectThrow("closed", StorageError.self, where: { $0.code == .closed }) {
                _ = try await spool.entries(after: nil, upTo: 1)
            }
            let next = try await fixture.open(SpoolBounds())
            try expect("entries", try await next.line().sorted(), is: accepted.all.sorted())
        },
        StoreCheck("a cancelled task waits no longer, and knows whether its entry may be there") { fixture in
            let spool = try await fixture.open(SpoolBounds())
            let accepted = Notes<String>()
            let unknown = Notes<String>()
            try await withThrowingTaskGroup(of: Void.self) { group in
                for number in 0..<200 {
                    let append = Task {
                        do {
                            try await spool.append("\(number)")
                            accepted.add("\(number)")
                        } catch let error as StorageError {
                            if error.code == .unknown {
                                unknown.add("\(number)")
                            } else {
                                try expect("code", error.code, is: .cancelled)
                            }
                        }
                    }
                    group.addTask { try await append.value }
                    if number % 3 == 0 { await Task.yield() }
                    if number % 2 == 0 { append.cancel() }
                }
                try await group.waitForAll()
            }
            let sure = try await spool.line().filter { !unknown.all.contains($0) }
            try expect("entries but for the unknown", sure.sorted(), is: accepted.all.sorted())
        },
    ]
}
