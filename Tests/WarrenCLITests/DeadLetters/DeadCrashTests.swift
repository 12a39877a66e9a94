import Foundation
import Glibc
import Testing
import WarrenTesting

/// `WARREN_FULL=1` kills as often as it takes to be sure.
private let rounds = ProcessInfo.processInfo.environment["WARREN_FULL"] == nil ? 6 : 100

@Suite("warren dead requeue, ended in the middle")
struct DeadCrashTests {
    /// A batch that is copied, and the one before, whose acks a broker forgets that has not worked them off.
    private static let doubtful = 2 * 256

    @Test("by SIGKILL loses none, and leaves no more than two batches twice", .timeLimit(.minutes(10)))
    func killed() async throws {
        try await DeadLetterFixture.use { fixture in
            var (added, inMiddle, mostTwice) = (0, 0, 0)
            var requeued: [String] = []
            for _ in 0..<rounds {
                try await fixture.add(added..<added + 1500)
                added += 1500
                let before = try await fixture.count("billing")
                let threshold = Int.random(in: 0..<1400)
                let requeue = try RunningProgram.warren(["dead", "requeue", "billing", "--all"], url: fixture.url)
                try await eventually("it is under way") { try await fixture.count("billing") > before + threshold }
                requeue.signal(SIGKILL)
                _ = try await requeue.ended()
                // What it held is back when the broker has seen its end.
                try await eventually("it is free again") {
                    try await fixture.warren("list", "billing", "--limit", "1").status == 0
                }
                let (dead, alive) = (try await fixture.count("billing.dead"), try await fixture.drain("billing"))
                requeued += alive
                if dead > 0 { inMiddle += 1 }
                let twice = dead + Set(requeued).count - added
                #expect((0...Self.doubtful).contains(twice))
                mostTwice = max(mostTwice, twice)
            }
            #expect(inMiddle > 0)
            let rest = try await fixture.warren("requeue", "billing", "--all")
            #expect(rest.status == 0)
            requeued += try await fixture.drain("billing")
            #expect(Set(requeued) == Set((0..<added).ids))
            #expect(requeued.count <= added + Self.doubtful * rounds)
            #expect(try await fixture.count("billing.dead") == 0)
            print("\(rounds) rounds: \(added) dead letters, at most \(mostTwice) twice")
        }
    }

    @Test("by a signal leaves none twice, says how far it came, and what is left is in order")
    func signalled() async throws {
        try await DeadLetterFixture.use(count: 5000) { fixture in
            let requeue = try RunningProgram.warren(["dead", "requeue", "billing", "--all"], url: fixture.url)
            try await eventually("it is under way") { try await fixture.count("billing") > 500 }
            requeue.signal(SIGTERM)
            let result = try await requeue.ended()
            let done = try await fixture.drain("billing")
            #expect(result.status == 1 && result.output == "")
            #expect(result.errors.hasPrefix("warren dead requeue: stopped by SIGTERM: "), "\(result.errors)")
            #expect(result.errors.hasSuffix("; \(done.count) were requeued before\n"), "\(result.errors)")
            #expect(done == (0..<done.count).ids)
            #expect(try await fixture.drain("billing.dead") == (done.count..<5000).ids)
        }
    }
}
