import Foundation
import Warren
import WarrenRuntime

@testable import WarrenStorage

extension SQLiteDatabase {
    /// Writes that begin when all of them are there, in this order, and share a transaction.
    ///
    /// - Returns: what each has thrown, in the same order.
    func together(_ writes: [@Sendable (SQLiteTransaction) throws -> Void]) async throws -> [String] {
        let (begun, mayEnd) = (StopSignal(), DispatchSemaphore(value: 0))
        let first = Task {
            try await write { _ in
                begun.stop()
                mayEnd.wait()
                // It may be called again.
                mayEnd.signal()
            }
        }
        await begun.wait()
        return try await withThrowingTaskGroup(of: (Int, String).self) { group in
            for (index, body) in writes.enumerated() {
                let waiting = thread.waiting
                group.addTask {
                    do {
                        try await self.write(body)
                        return (index, "written")
                    } catch let error as StorageError {
                        return (index, "\(error.code)")
                    } catch {
                        return (index, "\(error)")
                    }
                }
                while thread.waiting == waiting { await Task.yield() }
            }
            mayEnd.signal()
            // It is in the same transaction.
            _ = try? await first.value
            return try await group.reduce(into: writes.map { _ in "" }) { $0[$1.0] = $1.1 }
        }
    }
}
