import Glibc
import Testing
import Warren
import WarrenRabbitMQ
import WarrenStorage
import WarrenTesting

extension KillTests {
    @Test("one that spools, and the next that sends what was spooled: all of it arrives, in its order")
    func backlog() async throws {
        try await withVhost { url in
            let folder = try TemporaryFolder(prefix: "warren-kills")
            let (path, accepted) = (folder.path(of: "spool.db"), folder.path(of: "accepted"))
            let drained = folder.path(of: "drained")
            let handlings = Handlings()
            try await withBus(url) { bus in
                try await bus.subscribe(OrderPaid.self, as: "billing") { order, context in
                    handlings.note(order, context)
                }.ready()
                for round in 0..<Self.rounds {
                    await #expect(processExitsWith: .signal(SIGKILL)) {
                        [path = path as String, accepted = accepted as String, round = round as Int] in
                        let log = try Journal(accepted, killingWithin: .milliseconds(400))
                        let spool = try await SQLiteSpoolStore(path: path)
                        // Where nobody listens.
                        try await withBus("amqp://127.0.0.1:1", spool: spool) { bus in
                            try await bus.publish(as: (round * 16)..<(round * 16 + 16)) { id, receipt in
                                if receipt != nil { try log.write("\(id)") }
                            }
                        }
                    }
                    await #expect(processExitsWith: .signal(SIGKILL)) {
                        [path = path as String, drained = drained as String, url = url as String] in
                        let log = try Journal(drained, killingWithin: .seconds(1))
                        let spool = try await SQLiteSpoolStore(path: path)
                        let backlog = spool.status.count
                        try await withBus(url, spool: spool) { bus in
                            try await eventually("some have gone out", within: .seconds(60)) {
                                spool.status.count < backlog
                            }
                            try log.write("\(backlog)")
                            try await eventually("all have gone out", within: .seconds(60)) { bus.hasEmptySpool }
                            kill(getpid(), SIGKILL)
                        }
                    }
                }
                let spool = try await SQLiteSpoolStore(path: path)
                let left = spool.status.count
                try await withBus(url, spool: spool) { bus in
                    try await eventually("all have gone out", within: .seconds(300)) { bus.hasEmptySpool }
                }
                await spool.close()
                try await eventually("all are handled", within: .seconds(300)) { try await bus.isIdle(["billing"]) }
                let wanted = Set(try Journal.read(accepted).compactMap { Int($0) })
                let largest = try Journal.read(drained).compactMap { Int($0) }.max() ?? 0
                #expect(wanted.isSubset(of: handlings.ids))
                #expect(handlings.overtaken.isEmpty)
                // What was on its way when a process was killed goes out once more.
                #expect(handlings.repeated.count <= 256 * Self.rounds)
                print(
                    "\(Self.rounds) rounds: \(wanted.count) accepted, \(Set(handlings.ids).count) handled,",
                    "\(handlings.repeated.count) handled again, up to \(largest) in the spool, at last \(left)"
                )
            }
        }
    }
}
