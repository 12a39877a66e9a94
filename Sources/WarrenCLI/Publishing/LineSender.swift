import Warren
import WarrenBridge
import WarrenRuntime

/// Sends events one after the other, until it is asked to end: also while one of them waits for the broker.
struct LineSender: Sendable {
    let source: String
    let say: @Sendable (String) -> Void
    let send: @Sendable (EventEnvelope) async throws(CommandFailure) -> PendingPublish

    /// Sends the events in some lines, the first of which has this number; names those that hold none.
    func send(_ lines: [LineSplitter.Line], first: Int, until stopping: StopSignal) async -> SentLines {
        await race(stopping) {
            var sent = SentLines()
            for (index, line) in lines.enumerated() {
                guard !Task.isCancelled, sent.failure == nil else { break }
                do throws(EventError) {
                    guard let event = try EventLine.event(in: line, source: source) else { continue }
                    await send(event, line: first + index, &sent)
                } catch {
                    sent.badLines.append(first + index)
                    say("line \(first + index): \(error.message)")
                }
            }
            return sent
        }
    }

    /// Sends one event.
    func send(_ event: EventEnvelope, until stopping: StopSignal) async -> SentLines {
        await race(stopping) {
            var sent = SentLines()
            await send(event, line: 1, &sent)
            return sent
        }
    }

    private func send(_ event: EventEnvelope, line: Int, _ sent: inout SentLines) async {
        do {
            let pending = try await send(event)
            sent.inFlight.append(.init(line: line, id: event.eventID, pending: pending))
        } catch {
            sent.failure = (line, error)
        }
    }

    /// Cancels `work` at the signal; what it has done until then counts.
    private func race(_ stopping: StopSignal, _ work: @escaping @Sendable () async -> SentLines) async -> SentLines {
        await withTaskGroup(of: SentLines?.self) { group in
            group.addTask { await work() }
            group.addTask {
                await stopping.wait()
                return nil
            }
            var sent = SentLines()
            for await result in group {
                group.cancelAll()
                sent = result ?? sent
            }
            return sent
        }
    }
}
