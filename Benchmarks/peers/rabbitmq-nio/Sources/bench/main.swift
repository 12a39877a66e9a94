// rabbitmq-nio, by its quickest way: futures, and all of the work on the event loop.
import AMQPClient
import AMQPProtocol
import Atomics
import Foundation
import NIOCore
import NIOPosix

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

/// Publishes on the event loop, which alone touches it.
final class Publishing: @unchecked Sendable {
    let done: EventLoopPromise<Void>
    private let channel: AMQPChannel
    private let body: ByteBuffer
    private let key: String
    private let properties: Properties
    private let n: Int
    private var (sent, confirmed, oldest) = (0, 0, 1)
    private var isConfirmed: [Bool]

    init(_ channel: AMQPChannel, _ body: ByteBuffer, key: String, _ properties: Properties, _ n: Int) {
        self.channel = channel
        self.body = body
        self.key = key
        self.properties = properties
        self.n = n
        isConfirmed = Array(repeating: false, count: n + 2)
        done = channel.eventLoop.makePromise(of: Void.self)
    }

    private func publishOne() -> EventLoopFuture<AMQPResponse.Channel.Basic.Published> {
        sent += 1
        return channel.basicPublish(from: body, exchange: "bench.ex", routingKey: key, properties: properties)
    }

    /// Batch after batch, each when the one before is written.
    func publish(batches size: Int) {
        let count = min(size, n - sent)
        guard count > 0 else { return done.succeed(()) }
        for _ in 1..<count { _ = publishOne() }
        publishOne().whenComplete { result in
            switch result {
            case .failure(let error): self.done.fail(error)
            case .success: self.publish(batches: size)
            }
        }
    }

    func publish(window: Int) {
        while sent < n, sent - confirmed < window { _ = publishOne() }
    }

    func take(_ confirm: AMQPResponse.Channel.Basic.PublishConfirm, window: Int) {
        guard case .ack(let tag, let isMultiple) = confirm else { return done.fail(BenchError("nack")) }
        let last = Int(tag)
        if isMultiple {
            while oldest <= last {
                mark(oldest)
                oldest += 1
            }
        } else {
            mark(last)
        }
        if confirmed == n { done.succeed(()) } else { publish(window: window) }
    }

    private func mark(_ tag: Int) {
        guard !isConfirmed[tag] else { return }
        isConfirmed[tag] = true
        confirmed += 1
    }
}

final class Latencies: @unchecked Sendable {
    var start = 0.0
    var all: [Double] = []
}

struct Bench {
    let mode: String
    let n: Int
    let size: Int
    let inFlight: Int

    var isPersistent: Bool { mode == "publish_confirm_persistent" }
    var key: String { isPersistent ? "bench.d.b" : "bench.a.b" }
    var properties: Properties { Properties(deliveryMode: isPersistent ? 2 : 1) }
    var body: ByteBuffer { ByteBuffer(repeating: UInt8(ascii: "x"), count: size) }

    func declare(_ channel: AMQPChannel, _ queue: String, _ key: String, _ arguments: Table) async throws {
        try await channel.exchangeDeclare(name: "bench.ex", type: "topic", durable: true)
        try await channel.queueDeclare(name: queue, durable: true, args: arguments)
        try await channel.queueBind(queue: queue, exchange: "bench.ex", routingKey: key)
    }

    func run() async throws {
        let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
        let port = Int(ProcessInfo.processInfo.environment["BENCH_PORT"] ?? "") ?? 5672
        let connection = try await AMQPConnection.connect(
            use: group.next(),
            from: .init(connection: .plain, server: .init(host: "127.0.0.1", port: port))
        )
        let channel = try await connection.openChannel()
        let (start, latencies): (Moment, [Double])
        switch mode {
        case "publish_noconfirm", "publish_confirm", "publish_confirm_persistent":
            (start, latencies) = (try await publish(channel), [])
        case "consume_ack":
            (start, latencies) = (try await consume(channel), [])
        case "pingpong":
            (start, latencies) = try await pingpong(channel)
        default:
            throw BenchError("no mode '\(mode)'")
        }
        let end = Moment.now
        let wall = end.time - start.time
        var line: [String: Any] = [
            "client": "rabbitmq-nio", "mode": mode, "n": n, "size": size, "wall_s": wall,
            "msgs_per_s": Double(n) / wall, "user_s": end.user - start.user, "sys_s": end.system - start.system,
        ]
        if !latencies.isEmpty {
            let sorted = latencies.sorted()
            for (name, share) in [("p50_us", 0.5), ("p95_us", 0.95), ("p99_us", 0.99)] {
                line[name] = sorted[Int(Double(n) * share)]
            }
        }
        print(String(decoding: try JSONSerialization.data(withJSONObject: line), as: UTF8.self))
    }

    func publish(_ channel: AMQPChannel) async throws -> Moment {
        try await declare(channel, isPersistent ? "bench.dq" : "bench.q", key, ["x-max-length": .int32(1000)])
        let publishing = Publishing(channel, body, key: key, properties, n)
        guard mode != "publish_noconfirm" else {
            let start = Moment.now
            channel.eventLoop.execute { publishing.publish(batches: 500) }
            try await publishing.done.futureResult.get()
            try await channel.queueDeclare(name: "bench.q", passive: true)
            return start
        }
        let window = inFlight
        try await channel.confirmSelect()
        try channel.addPublishListener(named: "bench") { result in
            if case .success(let confirm) = result { publishing.take(confirm, window: window) }
        }
        let start = Moment.now
        channel.eventLoop.execute { publishing.publish(window: window) }
        try await publishing.done.futureResult.get()
        return start
    }

    func consume(_ channel: AMQPChannel) async throws -> Moment {
        let waiting = try await channel.queueDeclare(name: "bench.cq", passive: true).messageCount
        guard Int(waiting) == n else { throw BenchError("bench.cq holds \(waiting), not \(n) messages") }
        try await channel.basicQos(count: 500)
        let start = Moment.now
        let done = channel.eventLoop.makePromise(of: Void.self)
        let (count, n) = (ManagedAtomic(0), n)
        _ = try await channel.basicConsume(queue: "bench.cq") {
            (result: Result<AMQPResponse.Channel.Message.Delivery, any Error>) in
            guard case .success(let message) = result else { return }
            let ack: EventLoopFuture<Void> = channel.basicAck(deliveryTag: message.deliveryTag)
            if count.loadThenWrappingIncrement(ordering: .relaxed) == n - 1 { ack.cascade(to: done) }
        }
        try await done.futureResult.get()
        try await channel.queueDeclare(name: "bench.cq", passive: true)
        return start
    }

    func pingpong(_ channel: AMQPChannel) async throws -> (Moment, [Double]) {
        try await declare(channel, "bench.pq", "bench.p.b", [:])
        try await channel.queuePurge(name: "bench.pq")
        try await channel.basicQos(count: 500)
        let (latencies, n, body) = (Latencies(), n, body)
        let done = channel.eventLoop.makePromise(of: Void.self)
        @Sendable func ping() {
            latencies.start = Moment.now.time
            _ =
                channel.basicPublish(
                    from: body,
                    exchange: "bench.ex",
                    routingKey: "bench.p.b",
                    properties: Properties(deliveryMode: 1)
                ) as EventLoopFuture<AMQPResponse.Channel.Basic.Published>
        }
        _ = try await channel.basicConsume(queue: "bench.pq") {
            (result: Result<AMQPResponse.Channel.Message.Delivery, any Error>) in
            guard case .success(let message) = result else { return }
            let ack: EventLoopFuture<Void> = channel.basicAck(deliveryTag: message.deliveryTag)
            latencies.all.append((Moment.now.time - latencies.start) * 1e6)
            if latencies.all.count == n { ack.cascade(to: done) } else { ping() }
        }
        let start = Moment.now
        channel.eventLoop.execute { ping() }
        try await done.futureResult.get()
        return (start, latencies.all)
    }
}

let arguments = CommandLine.arguments
guard arguments.count >= 4, let n = Int(arguments[2]), let size = Int(arguments[3]) else {
    fatalError("usage: bench MODE N SIZE [INFLIGHT]")
}
let inFlight = arguments.count > 4 ? Int(arguments[4]) ?? 1000 : 1000
do {
    try await Bench(mode: arguments[1], n: n, size: size, inFlight: inFlight).run()
    exit(0)
} catch {
    fputs("\(error)\n", stderr)
    exit(1)
}
