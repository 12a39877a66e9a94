import AMQP
import Glibc
import WarrenStorage

/// Measures the client, with the same work and the same answer as the programs in `Benchmarks`.
@main
struct WarrenBench {
    static func main() async {
        guard let run = Run(arguments: Array(CommandLine.arguments.dropFirst()), environment: environment) else {
            write(Run.usage, to: STDERR_FILENO)
            exit(64)
        }
        // Tasks made in an async main run on the main actor, which costs a thread hop each time.
        let outcome = await Task.detached { () -> Swift.Result<Result, any Error> in
            do {
                return .success(try await run.measure())
            } catch {
                return .failure(error)
            }
        }.value
        switch outcome {
        case .success(let result): write(result.line, to: STDOUT_FILENO)
        case .failure(let error):
            write("error: \(error)", to: STDERR_FILENO)
            exit(1)
        }
    }

    private static var environment: [String: String] {
        var values: [String: String] = [:]
        for name in ["BENCH_PORT", "BENCH_NULL", "BENCH_FOLDER"] {
            guard let value = unsafe getenv(name) else { continue }
            values[name] = unsafe String(cString: value)
        }
        return values
    }

    private static func write(_ text: String, to descriptor: Int32) {
        let bytes = Array((text + "\n").utf8)
        _ = unsafe Glibc.write(descriptor, bytes, bytes.count)
    }
}

extension Run {
    func measure() async throws -> Result {
        switch mode {
        case .localBus: try await publishInPlace()
        case .localBusBuffered: try await publishBuffered()
        case .localBusEnvelopes: try await publishEnvelopesInPlace()
        case .localBusObservers: try await publishInPlace(observers: 10)
        case .spoolAppendFull: try await appendToSpool(.full)
        case .spoolAppendNormal: try await appendToSpool(.normal)
        default: try await measureClient()
        }
    }

    private func measureClient() async throws -> Result {
        var configuration = AMQPClientConfiguration()
        configuration.reconnect.retriesFirst = false
        return try await AMQPClient.withClient(url: url, configuration: configuration) { client in
            switch mode {
            case .publishNoConfirm: try await publishWithoutConfirms(client)
            case .publishNoConfirmBatch: try await publishWithoutConfirmsInBatches(client)
            case .publishConfirm: try await publishWithConfirms(client, to: .publish, .transient)
            case .publishConfirmBatch: try await publishWithConfirmsInBatches(client)
            case .publishConfirmAwait: try await publishAwaitingEach(client)
            case .publishConfirmPersistent: try await publishWithConfirms(client, to: .persistent, .persistent)
            case .consumeAck: try await consumeAcking(client, coalescing: true)
            case .consumeAckEach: try await consumeAcking(client, coalescing: false)
            case .pingPong: try await pingPong(client)
            case .localBus, .localBusBuffered, .localBusEnvelopes, .localBusObservers, .spoolAppendFull,
                .spoolAppendNormal:
                throw BenchError("\(mode.rawValue) has no client")
            }
        }
    }
}
