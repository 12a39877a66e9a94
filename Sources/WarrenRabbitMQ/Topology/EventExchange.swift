import AMQP
import Synchronization
import Warren
import WarrenRuntime

/// The exchange that events are published to: declared when the bus starts; from then on the client sees to it.
final class EventExchange: Sendable {
    let name: String
    private let client: AMQPClient
    private let patience: Patience
    private let reports: BusReports
    private let stopping = StopSignal()
    private let isDeclared = Atomic(false)
    /// Answers who waits for the exchange, as a subscription's handle does.
    private let handle: EventSubscription
    private let watchers = Locked<[ObjectIdentifier: Consumption]>([:])

    init(_ name: String, client: AMQPClient, patience: Patience, reports: BusReports, clock: any RuntimeClock) {
        self.name = name
        self.client = client
        self.patience = patience
        self.reports = reports
        handle = EventSubscription(
            name,
            isReady: false,
            clock: clock,
            // Those who wait for it have deadlines of their own.
            late: { _ in .busHasEnded },
            onCancel: {}
        )
    }

    /// Whether nobody has to wait for it.
    var isThere: Bool { isDeclared.load(ordering: .acquiring) }

    /// Waits until the exchange is declared.
    func ready() async throws(EventBusError) {
        if isThere { return }
        try await handle.readyAtLast()
    }

    /// The same for those who want to consume: an exchange that is refused is a subscription that is.
    func readyToBind() async throws(EventBusError) {
        do throws(EventBusError) {
            try await ready()
        } catch {
            throw EventBusError(error.code == .refused ? .subscriptionRefused : error.code, error.message)
        }
    }

    // MARK: - Found missing

    /// Has a consumption begin anew when the exchange was missing: the client declares the exchange again, and what it
    /// knows to be bound to it, but not a private queue, whose consumer lives and would hear nothing more.
    func watch(_ consumption: Consumption) {
        watchers.withLock { $0[ObjectIdentifier(consumption)] = consumption }
    }

    func unwatch(_ consumption: Consumption) {
        _ = watchers.withLock { $0.removeValue(forKey: ObjectIdentifier(consumption)) }
    }

    /// A publisher found the exchange missing.
    func wasMissing() {
        for consumption in watchers.withLock({ Array($0.values) }) { consumption.renew() }
    }

    // MARK: - Declaring

    func run() async {
        await stopping.cancelling { await self.declare() }
    }

    /// Ends `run`; who waits learns why.
    func stop(because error: EventBusError) {
        handle.settle(.failure(error))
        stopping.stop()
    }

    private func declare() async {
        var waits = patience.waits()
        var told: EventBusError?
        while !stopping.isStopped {
            do {
                try await client.applyOrFind([.exchange(name, .topic)])
                isDeclared.store(true, ordering: .releasing)
                return handle.settle(.success(()))
            } catch {
                guard !stopping.isStopped else { return }
                let failure = EventBusError(error)
                if failure.code == .refused { handle.settle(.failure(failure)) }
                // That there is no connection is told elsewhere.
                if case .open = client.state, failure != told {
                    reports.tell(.init(.connection, "exchange '\(name)'", reason: failure.message))
                    told = failure
                }
                guard await waits.next(stopping) else { return }
            }
        }
    }
}
