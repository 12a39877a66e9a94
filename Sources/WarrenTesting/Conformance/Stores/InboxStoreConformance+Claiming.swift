internal import Warren
internal import WarrenRuntime

extension InboxStoreConformance {
    static let claiming: [StoreCheck<InboxStoreFixture>] = [
        StoreCheck("an event is handled once") { fixture in
            let inbox = try await fixture.open()
            try expect("whether it was handled", try await inbox.isHandled(InboxKey(1)), is: false)
            let claim = try await inbox.admit(InboxKey(1))
            try expect("the claimed event", claim.key, is: InboxKey(1))
            try expect("crashes", claim.crashes, is: 0)
            try expect("whether it was handled", try await inbox.isHandled(InboxKey(1)), is: false)
            try expect("whether it was completed", claim.isCompleted, is: false)
            try await claim.complete()
            try expect("whether it was completed", claim.isCompleted, is: true)
            try expect("whether it was handled", try await inbox.isHandled(InboxKey(1)), is: true)
            try await inbox.expect("handled", InboxKey(1))
            await claim.release()
            try await inbox.expect("handled", InboxKey(1))
        },
        StoreCheck("events differ by source, id and subscription, and by nothing else") { fixture in
            let inbox = try await fixture.open()
            let texts = [
                "", "a", "ab", "b", "A", "\0", "a\0b", "é", "e\u{301}", "'; --", String(repeating: "x", count: 9999),
            ]
            let keys = texts.flatMap { text in
                [
                    InboxKey(source: text, eventID: "1", subscription: "s"),
                    InboxKey(source: "s", eventID: text, subscription: "1"),
                    InboxKey(source: "1", eventID: "s", subscription: text),
                ]
            }
            // Swift takes the two ways to write é for one; a broker's ids are bytes.
            for key in keys where try await !inbox.isHandled(key) { try await inbox.admit(key).complete() }
            for key in keys { try await inbox.expect("handled", key) }
            try await inbox.expect("admitted", InboxKey(source: "a", eventID: "b", subscription: "s"))
        },
        StoreCheck("an event that was given back is there again, and its claim has ended") { fixture in
            let inbox = try await fixture.open()
            let claim = try await inbox.admit(InboxKey(1))
            await claim.release()
            try expect("whether it was handled", try await inbox.isHandled(InboxKey(1)), is: false)
            let second = try await inbox.admit(InboxKey(1))
            // The end of the first is none of the second.
            await claim.release()
            try await claim.forget()
            try await expectThrow("closed", StorageError.self, where: { $0.code == .closed }) {
                try await claim.complete()
            }
            try expect("whether it was completed", claim.isCompleted, is: false)
            try await inbox.expect("busy", InboxKey(1))
            try await second.forget()
            try await inbox.admit(InboxKey(1)).complete()
        },
        StoreCheck("a claim that nobody has any more is given back") { fixture in
            let inbox = try await fixture.open()
            for _ in 0..<3 { try await inbox.expect("admitted", InboxKey(1)) }
        },
        StoreCheck("a closed inbox says so, and closing it again does nothing") { fixture in
            let inbox = try await fixture.open()
            let claim = try await inbox.admit(InboxKey(1))
            await inbox.close()
            await inbox.close()
            let isClosed = { (error: StorageError) in error.code == .closed }
            try await expectThrow("closed", StorageError.self, where: isClosed) {
                _ = try await inbox.claim(InboxKey(2), waitingUpTo: .zero)
            }
            try await expectThrow("closed", StorageError.self, where: isClosed) {
                _ = try await inbox.isHandled(InboxKey(2))
            }
            try await expectThrow("closed", StorageError.self, where: isClosed) { try await inbox.prune() }
            try await expectThrow("closed", StorageError.self, where: isClosed) { try await claim.complete() }
            await claim.release()
        },
    ]

    static let waiting: [StoreCheck<InboxStoreFixture>] = [
        StoreCheck("an event in other hands is busy, once it was waited for") { fixture in
            let inbox = try await fixture.open()
            let claim = try await inbox.admit(InboxKey(1))
            try await inbox.expect("busy", InboxKey(1))
            let clock = SystemClock()
            let start = clock.now
            try await inbox.expect("busy", InboxKey(1), waitingUpTo: .milliseconds(50))
            let waited = start.duration(until: clock.now)
            try expect("a wait of 50 ms", waited >= .milliseconds(50), seen: "\(waited)")
            try await inbox.expect("admitted", InboxKey(2))
            await claim.release()
        },
        StoreCheck("who waits for an event is told as soon as it is handled, or has it as soon as it is given back") {
            fixture in
            let inbox = try await fixture.open()
            for isHandled in [true, false] {
                let key = InboxKey(isHandled ? 1 : 2)
                let claim = try await inbox.admit(key)
                try await withThrowingTaskGroup(of: Void.self) { group in
                    group.addTask {
                        let expected = isHandled ? "handled" : "admitted"
                        try await inbox.expect(expected, key, waitingUpTo: .seconds(60))
                    }
                    // It may not have begun to wait yet; then it finds what it would have waited for.
                    try await Task.sleep(for: .milliseconds(20))
                    if isHandled { try await claim.complete() } else { await claim.release() }
                    try await group.waitForAll()
                }
            }
        },
        StoreCheck("of many who want an event one has it at a time, until one has handled it") { fixture in
            let inbox = try await fixture.open()
            let gate = Gate()
            let (admitted, handled) = (Notes<Int>(), Notes<Void>())
            try await withThrowingTaskGroup(of: Void.self) { group in
                for number in 0..<50 {
                    group.addTask {
                        switch try await inbox.claim(InboxKey(1), waitingUpTo: .seconds(60)) {
                        case .busy: throw ConformanceFailure("a claim or its end", seen: "busy")
                        case .handled: handled.add(())
                        case .admitted(let claim):
                            await gate.count { await Task.yield() }
                            admitted.add(number)
                            if admitted.count < 10 { await claim.release() } else { try await claim.complete() }
                        }
                    }
                }
                try await group.waitForAll()
            }
            try expect("claims at a time", gate.most, is: 1)
            try expect("claims", admitted.count, is: 10)
            try expect("claims that found it handled", handled.count, is: 40)
        },
        StoreCheck("a cancelled task waits for no claim and takes none") { fixture in
            let inbox = try await fixture.open()
            let claim = try await inbox.admit(InboxKey(1))
            for key in [InboxKey(1), InboxKey(2)] {
                let waiting = Task { try await inbox.claim(key, waitingUpTo: .seconds(600)) }
                if key == InboxKey(1) { try await Task.sleep(for: .milliseconds(20)) }
                waiting.cancel()
                do {
                    // It may have been faster.
                    let admission = try await waiting.value
                    if key == InboxKey(1) { throw ConformanceFailure("an error: cancelled", seen: "\(admission)") }
                } catch let error as StorageError {
                    try expect("code", error.code, is: .cancelled)
                }
            }
            await claim.release()
            try await inbox.admit(InboxKey(1)).complete()
            try await inbox.admit(InboxKey(2)).complete()
        },
    ]
}
