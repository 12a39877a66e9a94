internal import Warren

/// The transaction of no store at all.
private struct ForeignTransaction: StoreTransaction {}

private struct OwnError: Error, Equatable {
    let number: Int
}

extension InboxStoreConformance {
    static let committing: [StoreCheck<InboxStoreFixture>] = [
        StoreCheck("what a commit throws is thrown, and the event is still to be handled by the same claim") {
            fixture in
            let inbox = try await fixture.open()
            let claim = try await inbox.admit(InboxKey(1))
            try await expectThrow("the handler's own", OwnError.self, where: { $0 == OwnError(number: 7) }) {
                try await claim.complete { _ in throw OwnError(number: 7) }
            }
            try expect("whether it was handled", try await inbox.isHandled(InboxKey(1)), is: false)
            try await inbox.expect("busy", InboxKey(1))
            try await claim.complete()
            try await inbox.expect("handled", InboxKey(1))
        },
        StoreCheck("an event that was handled is not handled again, by the same claim either") { fixture in
            let inbox = try await fixture.open()
            let claim = try await inbox.admit(InboxKey(1))
            try await claim.complete()
            let calls = Notes<Void>()
            try await expectThrow("already handled", StorageError.self, where: { $0.code == .alreadyHandled }) {
                try await claim.complete { _ in calls.add(()) }
            }
            try expect("what was called for it", calls.count, is: 0)
        },
        StoreCheck("a handler that wants another kind of transaction is told so") { fixture in
            let inbox = try await fixture.open()
            let claim = try await inbox.admit(InboxKey(1))
            try await expectThrow("wrong transaction", StorageError.self, where: { $0.code == .wrongTransaction }) {
                try await claim.commit { (_: ForeignTransaction) in }
            }
            try expect("whether it was handled", try await inbox.isHandled(InboxKey(1)), is: false)
        },
        StoreCheck("many events are handled at a time, each once") { fixture in
            let inbox = try await fixture.open()
            try await withThrowingTaskGroup(of: Void.self) { group in
                for number in 0..<500 {
                    group.addTask { try await inbox.admit(InboxKey(number)).complete() }
                }
                try await group.waitForAll()
            }
            for number in 0..<500 { try await inbox.expect("handled", InboxKey(number)) }
        },
    ]

    static let pruning: [StoreCheck<InboxStoreFixture>] = [
        StoreCheck("an inbox forgets what it has remembered for long enough, when it is asked to") { fixture in
            let inbox = try await fixture.open()
            for number in 0..<2500 { try await inbox.admit(InboxKey(number)).complete() }
            try expect("forgotten", try await inbox.prune(), is: 0)
            fixture.advance(fixture.retention - .seconds(10))
            for number in 2500..<2503 { try await inbox.admit(InboxKey(number)).complete() }
            try expect("forgotten", try await inbox.prune(), is: 0)
            try await inbox.expect("handled", InboxKey(0))
            fixture.advance(.seconds(20))
            try await inbox.expect("handled", InboxKey(0))
            try expect("forgotten", try await inbox.prune(), is: 2500)
            try await inbox.expect("admitted", InboxKey(0))
            try await inbox.expect("admitted", InboxKey(2499))
            try await inbox.expect("handled", InboxKey(2500))
            fixture.advance(fixture.retention)
            try expect("forgotten", try await inbox.prune(), is: 3)
        }
    ]

    static let rows: [StoreCheck<InboxStoreFixture>] = [
        StoreCheck("the handler's rows are written with the mark, or not at all") { fixture in
            let rows = try fixture.requireRows()
            let inbox = try await fixture.open()
            let claim = try await inbox.admit(InboxKey(1))
            try await expectThrow("the handler's own", OwnError.self) {
                try await claim.complete { transaction in
                    try rows.write(transaction, 1)
                    throw OwnError(number: 1)
                }
            }
            try expect("rows", try await rows.all(), is: [])
            try await claim.complete { transaction in
                try rows.write(transaction, 1)
                try rows.write(transaction, 2)
            }
            try expect("rows", try await rows.all().sorted(), is: [1, 2])
        },
        StoreCheck("what breaks a rule of the tables is the handler's failure alone") { fixture in
            let rows = try fixture.requireRows()
            let inbox = try await fixture.open()
            try await inbox.admit(InboxKey(0)).complete { try rows.write($0, 0) }
            try await withThrowingTaskGroup(of: Void.self) { group in
                for number in 1..<200 {
                    group.addTask {
                        let claim = try await inbox.admit(InboxKey(number))
                        guard number % 3 == 0 else { return try await claim.complete { try rows.write($0, number) } }
                        try await expectThrow("constraint", StorageError.self, where: { $0.code == .constraint }) {
                            try await claim.complete { transaction in
                                try rows.write(transaction, number)
                                try rows.write(transaction, 0)
                            }
                        }
                        await claim.release()
                    }
                }
                try await group.waitForAll()
            }
            let written = (0..<200).filter { $0 == 0 || $0 % 3 != 0 }
            try expect("rows", try await rows.all().sorted(), is: written)
            for number in 1..<200 {
                let isHandled = try await inbox.isHandled(InboxKey(number))
                try expect("whether \(number) was handled", isHandled, is: number % 3 != 0)
            }
        },
        StoreCheck("a handler that catches a failed statement's error may go on or give up") { fixture in
            let rows = try fixture.requireRows()
            let inbox = try await fixture.open()
            try await inbox.admit(InboxKey(0)).complete { try rows.write($0, 0) }
            try await inbox.admit(InboxKey(1)).complete { transaction in
                try rows.write(transaction, 1)
                try? rows.write(transaction, 0)
                try rows.write(transaction, 2)
            }
            try expect("rows", try await rows.all().sorted(), is: [0, 1, 2])
        },
    ]
}
