import WarrenRuntime

/// A few channels that are lent for declarations: one caller at a time, so that a refused declaration, which closes its
/// channel, fails nobody else's.
final class ChannelPool: Sendable {
    private struct State {
        var idle: [SlotID] = []
        var lent = 0
        var waiters: [OneShot<Result<Void, AMQPError>>] = []
    }

    private let connection: Connection
    private let limit: Int
    private let state = Locked(State())

    init(_ connection: Connection, limit: Int) {
        self.connection = connection
        self.limit = limit
    }

    func withChannel<Value>(_ body: (SlotID) async throws(AMQPError) -> Value) async throws(AMQPError) -> Value {
        try await takePlace()
        defer { givePlace() }
        let id = try await channel()
        do throws(AMQPError) {
            let value = try await body(id)
            state.withLock { $0.idle.append(id) }
            return value
        } catch {
            await connection.remove(id)
            throw error
        }
    }

    private func channel() async throws(AMQPError) -> SlotID {
        while let id = state.withLock({ $0.idle.popLast() }) {
            if connection.isOpen(id) { return id }
            await connection.remove(id)
        }
        return try await connection.openChannel("declaration")
    }

    private func takePlace() async throws(AMQPError) {
        let waiter = state.withLock { state -> OneShot<Result<Void, AMQPError>>? in
            guard state.lent == limit else {
                state.lent += 1
                return nil
            }
            let waiter = OneShot<Result<Void, AMQPError>>()
            state.waiters.append(waiter)
            return waiter
        }
        guard let waiter else { return }
        try await connection.result(of: waiter, within: connection.settings.operationTimeout, "a declaration").get()
    }

    private func givePlace() {
        let next = state.withLock { state -> OneShot<Result<Void, AMQPError>>? in
            while !state.waiters.isEmpty {
                let waiter = state.waiters.removeFirst()
                if waiter.claim() { return waiter }
            }
            state.lent -= 1
            return nil
        }
        next?.fulfil(.success(()))
    }
}
