internal import Warren

extension InboxStoreConformance {
    static let sharing: [StoreCheck<InboxStoreFixture>] = [
        StoreCheck("what one process has claimed is busy for another until it is given back or handled") { fixture in
            let (inbox, other) = (try await fixture.open(), try await fixture.open())
            let claim = try await inbox.admit(InboxKey(1))
            try await other.expect("busy", InboxKey(1))
            try await other.expect("busy", InboxKey(1), waitingUpTo: .milliseconds(30))
            try await other.expect("admitted", InboxKey(2))
            await claim.release()
            let second = try await other.admit(InboxKey(1))
            try await inbox.expect("busy", InboxKey(1))
            try await second.complete()
            try await inbox.expect("handled", InboxKey(1))
        },
        StoreCheck("who waits for another process has the event when it is given back") { fixture in
            let (inbox, other) = (try await fixture.open(), try await fixture.open())
            let claim = try await inbox.admit(InboxKey(1))
            try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask { try await other.expect("admitted", InboxKey(1), waitingUpTo: .seconds(60)) }
                try await Task.sleep(for: .milliseconds(20))
                await claim.release()
                try await group.waitForAll()
            }
        },
        StoreCheck("an inbox that is closed has claimed nothing any more") { fixture in
            let (inbox, other) = (try await fixture.open(), try await fixture.open())
            let claim = try await inbox.admit(InboxKey(1))
            let suspect = try await inbox.admit(InboxKey(2), onRecord: true)
            await inbox.close()
            try await other.admit(InboxKey(1)).complete()
            let again = try await other.admit(InboxKey(2), onRecord: true)
            try expect("crashes", again.crashes, is: 0)
            try await again.complete()
            await claim.release()
            await suspect.release()
        },
        StoreCheck("of two processes that handle the same events each event is handled by one") { fixture in
            let inboxes = [try await fixture.open(), try await fixture.open()]
            let handled = Notes<Int>()
            try await withThrowingTaskGroup(of: Void.self) { group in
                for number in 0..<100 {
                    for inbox in inboxes {
                        group.addTask {
                            let key = InboxKey(number)
                            guard
                                case .admitted(let claim) = try await inbox.claim(key, waitingUpTo: .seconds(60))
                            else { return }
                            try await claim.complete()
                            handled.add(number)
                        }
                    }
                }
                try await group.waitForAll()
            }
            try expect("events handled", handled.all.sorted(), is: Array(0..<100))
        },
    ]

    static let crashes: [StoreCheck<InboxStoreFixture>] = [
        StoreCheck("what was handled is so after a crash, and what was not is not") { fixture in
            let inbox = try await fixture.open()
            try await inbox.admit(InboxKey(1)).complete()
            let claim = try await inbox.admit(InboxKey(2))
            let after = try await fixture.crash()
            try await after.expect("handled", InboxKey(1))
            let again = try await after.admit(InboxKey(2))
            try expect("crashes of what was not on record", again.crashes, is: 0)
            await claim.release()
        },
        StoreCheck("what is on record when the process is killed has a crash more, each time") { fixture in
            var inbox = try await fixture.open()
            for crashes in 0..<4 {
                let claim = try await inbox.admit(InboxKey(1), onRecord: true)
                try expect("crashes", claim.crashes, is: crashes)
                let after = try await fixture.crash()
                await claim.release()
                inbox = after
            }
            // What is merely claimed has no share in the next one.
            let claim = try await inbox.admit(InboxKey(1))
            try expect("crashes", claim.crashes, is: 4)
            let after = try await fixture.crash()
            let last = try await after.admit(InboxKey(1))
            try expect("crashes", last.crashes, is: 4)
            try await last.complete()
            try await after.expect("handled", InboxKey(1))
        },
        StoreCheck("what was on record and was given back did not crash; what crashed before stays known") {
            fixture in
            let inbox = try await fixture.open()
            let claim = try await inbox.admit(InboxKey(1), onRecord: true)
            await claim.release()
            var after = try await fixture.crash()
            let second = try await after.admit(InboxKey(1), onRecord: true)
            try expect("crashes", second.crashes, is: 0)
            after = try await fixture.crash()
            let third = try await after.admit(InboxKey(1))
            try expect("crashes", third.crashes, is: 1)
            await third.release()
            after = try await fixture.crash()
            let fourth = try await after.admit(InboxKey(1))
            try expect("crashes", fourth.crashes, is: 1)
            await fourth.release()
        },
        StoreCheck("a claim that is on record and is released in a cancelled task leaves no crash behind") { fixture in
            let inbox = try await fixture.open()
            let claim = try await inbox.admit(InboxKey(1), onRecord: true)
            let release = Task {
                while !Task.isCancelled { await Task.yield() }
                await claim.release()
            }
            release.cancel()
            await release.value
            let after = try await fixture.crash()
            let second = try await after.admit(InboxKey(1), onRecord: true)
            try expect("crashes", second.crashes, is: 0)
        },
        StoreCheck("the crashes of a dead letter are forgotten, and those of what is handled") { fixture in
            let inbox = try await fixture.open()
            let claims = [
                try await inbox.admit(InboxKey(1), onRecord: true),
                try await inbox.admit(InboxKey(2), onRecord: true),
            ]
            var after = try await fixture.crash()
            let claim = try await after.admit(InboxKey(1))
            try expect("crashes", claim.crashes, is: 1)
            try await claim.forget()
            try await after.admit(InboxKey(2)).complete()
            after = try await fixture.crash()
            try expect("crashes", try await after.admit(InboxKey(1)).crashes, is: 0)
            try await after.expect("handled", InboxKey(2))
            fixture.advance(fixture.retention * 2)
            try await after.prune()
            try expect("crashes", try await after.admit(InboxKey(2)).crashes, is: 0)
            for claim in claims { await claim.release() }
        },
        StoreCheck("crashes are forgotten with time") { fixture in
            let inbox = try await fixture.open()
            let claim = try await inbox.admit(InboxKey(1), onRecord: true)
            let after = try await fixture.crash()
            await (try await after.admit(InboxKey(1))).release()
            try expect("forgotten", try await after.prune(), is: 0)
            fixture.advance(fixture.retention * 2)
            try expect("forgotten", try await after.prune(), is: 1)
            try expect("crashes", try await after.admit(InboxKey(1)).crashes, is: 0)
            await claim.release()
        },
    ]
}
