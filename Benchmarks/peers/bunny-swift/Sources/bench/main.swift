// BunnySwift, by its quickest ways: batches of INFLIGHT/2 publishes, two of them under way, and acks from 64 tasks at once.
// A reply that it loses never fails, it hangs: the set-up is tried again after two seconds, and after 45 the program ends.
import BunnySwift
import Foundation
import Synchronization

struct BenchError: Error, CustomStringConvertible {
    let description: String

    init(_ description: String) {
        self.description = description
    }
}

struct Moment {
    let time: Double
    let user: Double
    let system: Double

    static var now: Moment {
        var time = timespec()
        clock_gettime(CLOCK_MONOTONIC, &time)
        var usage = rusage()
        getrusage(__rusage_who_t(RUSAGE_SELF.rawValue), &usage)
        return Moment(
            time: Double(time.tv_sec) + Double(time.tv_nsec) * 1e-9,
            user: Double(usage.ru_utime.tv_sec) + Double(usage.ru_utime.tv_usec) * 1e-6,
            system: Double(usage.ru_stime.tv_sec) + Double(usage.ru_stime.tv_usec) * 1e-6
        )
    }
}

/// Ends the wait for what may never come.
func within<Value: Sendable>(
    _ seconds: Double,
    _ body: @escaping @Sendable () async throws -> Value
) async throws -> Value? {
    let isOver = Mutex(false)
    @Sendable func isFirst() -> Bool {
        isOver.withLock { isOver in
            defer { isOver = true }
            return !isOver
        }
    }
    return try await withCheckedThrowingContinuation { continuation in
        Task {
            do {
                let value = try await body()
                if isFirst() { continuation.resume(returning: value) }
            } catch {
                if isFirst() { continuation.resume(throwing: error) }
            }
        }
        Task {
            try? await Task.sleep(for: .seconds(seconds))
            if isFirst() { continuation.resume(returning: nil) }
        }
    }
}

struct Bench: Sendable {
    let mode: String
    let n: Int
    let size: Int
    let inFlight: Int

    var body: Data { Data(repeating: UInt8(ascii: "x"), count: size) }
    var isPersistent: Bool { mode == "publish_confirm_persistent" }
    var key: String { isPersistent ? "bench.d.b" : "bench.a.b" }
    let limited: Table = ["x-max-length": .int32(1000)]

    func connect() async throws -> Channel {
        let port = Int(ProcessInfo.processInfo.environment["BENCH_PORT"] ?? "") ?? 5672
        let connection = try await Connection.open(
            ConnectionConfiguration(host: "127.0.0.1", port: port, automaticRecovery: false)
        )
        let channel = try await connection.openChannel()
        func declare(_ queue: String, _ key: String, _ arguments: Table) async throws {
            _ = try await channel.topic("bench.ex", durable: true)
            _ = try await channel.queue(queue, durable: true, arguments: arguments)
            try await channel.queueBind(queue: queue, exchange: "bench.ex", routingKey: key)
        }
        switch mode {
        case "publish_noconfirm":
            try await declare("bench.q", key, limited)
        case "publish_confirm", "publish_confirm_persistent":
            try await declare(isPersistent ? "bench.dq" : "bench.q", key, limited)
            try await channel.confirmSelect()
        case "consume_ack":
            let count = try await channel.queue("bench.cq", durable: true).messageCount
            guard Int(count) == n else { throw BenchError("bench.cq holds \(count), not \(n) messages") }
            try await channel.basicQos(prefetchCount: 500)
        case "pingpong":
            try await declare("bench.pq", "bench.p.b", [:])
            _ = try await channel.queuePurge("bench.pq")
            try await channel.basicQos(prefetchCount: 500)
        default:
            throw BenchError("no mode '\(mode)'")
        }
        return channel
    }

    func publish(_ channel: Channel, batches size: Int, confirmed: Bool) async throws {
        let properties: BasicProperties = isPersistent ? .persistent : .transient
        let full = [Data](repeating: body, count: size)
        var (left, previous) = (n, Task<Void, any Error>?.none)
        while left > 0 {
            let bodies = left < size ? Array(full[..<left]) : full
            try await channel.basicPublishBatch(
                bodies: bodies,
                exchange: "bench.ex",
                routingKey: key,
                properties: properties
            )
            left -= bodies.count
            guard confirmed else { continue }
            try await previous?.value
            previous = Task { try await channel.waitForConfirms() }
        }
        try await previous?.value
        if confirmed { try await channel.waitForConfirms() }
    }

    /// - Returns: how many messages it got: those that come before it listens are lost.
    func consume(_ channel: Channel) async throws -> Int {
        let messages = try await channel.basicConsume(queue: "bench.cq")
        var (count, lost) = (0, 0)
        try await withThrowingTaskGroup(of: Void.self) { group in
            for await message in messages {
                if count == 0 { lost = Int(message.deliveryInfo.deliveryTag) - 1 }
                count += 1
                if count > 64 { try await group.next() }
                group.addTask { try await message.ack() }
                if count == n - lost { break }
            }
            try await group.waitForAll()
        }
        return count
    }

    func pingpong(_ channel: Channel) async throws -> [Double] {
        var messages = try await channel.basicConsume(queue: "bench.pq").makeAsyncIterator()
        var latencies: [Double] = []
        for _ in 0..<n {
            let start = Moment.now.time
            try await channel.basicPublish(
                body: body,
                exchange: "bench.ex",
                routingKey: "bench.p.b",
                properties: .transient
            )
            guard let message = await messages.next() else { throw BenchError("the stream has ended") }
            try await message.ack()
            latencies.append((Moment.now.time - start) * 1e6)
        }
        return latencies
    }

    func run() async throws {
        var connected: Channel?
        for _ in 0..<10 where connected == nil { connected = try await within(2) { try await connect() } }
        guard let channel = connected else { throw BenchError("the set-up hung ten times") }
        let start = Moment.now
        var (count, latencies) = (n, [Double]())
        switch mode {
        case "publish_noconfirm":
            try await publish(channel, batches: 500, confirmed: false)
            _ = try await channel.queue("bench.q", durable: true, arguments: limited)
        case "consume_ack":
            count = try await consume(channel)
            _ = try await channel.queue("bench.cq", durable: true)
        case "pingpong":
            latencies = try await pingpong(channel).sorted()
        default:
            try await publish(channel, batches: max(1, inFlight / 2), confirmed: true)
        }
        let end = Moment.now
        let wall = end.time - start.time
        var line: [String: Any] = [
            "client": "bunny-swift", "mode": mode, "n": n, "size": size, "wall_s": wall,
            "msgs_per_s": Double(count) / wall, "user_s": end.user - start.user, "sys_s": end.system - start.system,
        ]
        if !latencies.isEmpty {
            for (name, share) in [("p50_us", 0.5), ("p95_us", 0.95), ("p99_us", 0.99)] {
                line[name] = latencies[Int(Double(n) * share)]
            }
        }
        print(String(decoding: try JSONSerialization.data(withJSONObject: line), as: UTF8.self))
    }
}

func say(_ text: String) {
    FileHandle.standardError.write(Data("\(text)\n".utf8))
}

let arguments = CommandLine.arguments
guard arguments.count >= 4, let n = Int(arguments[2]), let size = Int(arguments[3]) else {
    fatalError("usage: bench MODE N SIZE [INFLIGHT]")
}
Thread.detachNewThread {
    sleep(45)
    say("hung")
    exit(3)
}
let inFlight = arguments.count > 4 ? Int(arguments[4]) ?? 1000 : 1000
// Off the main actor, where tasks are slower.
let task = Task.detached {
    do {
        try await Bench(mode: arguments[1], n: n, size: size, inFlight: inFlight).run()
        exit(0)
    } catch {
        say("\(error)")
        exit(1)
    }
}
await task.value
