import Foundation
import Warren
import WarrenRuntime

@testable import WarrenStorage

extension WriterThread {
    /// Runs bodies that each hand one job over, in this order; the first job begins when all of them are there.
    ///
    /// - Returns: what each has thrown, in the same order.
    func together(_ bodies: [@Sendable () async throws -> Void]) async throws -> [String] {
        let (isHeldUp, mayGoOn) = (StopSignal(), DispatchSemaphore(value: 0))
        let holdUp = Task {
            try await perform(.reading) { _ in
                isHeldUp.stop()
                mayGoOn.wait()
            }
        }
        await isHeldUp.wait()
        return try await withThrowingTaskGroup(of: (Int, String).self) { group in
            for (index, body) in bodies.enumerated() {
                let waiting = waiting
                group.addTask {
                    do {
                        try await body()
                        return (index, "written")
                    } catch let error as StorageError {
                        return (index, "\(error.code)")
                    } catch {
                        return (index, "\(error)")
                    }
                }
                while self.waiting == waiting { await Task.yield() }
            }
            mayGoOn.signal()
            try await holdUp.value
            return try await group.reduce(into: bodies.map { _ in "" }) { $0[$1.0] = $1.1 }
        }
    }
}

extension SQLiteDatabase {
    /// Writes that share a transaction, in this order.
    func together(_ writes: [@Sendable (SQLiteTransaction) throws -> Void]) async throws -> [String] {
        try await thread.together(writes.map { body in { try await self.write(body) } })
    }
}

extension SQLiteSpoolStore {
    /// Appends entries that share a transaction, in this order, each by itself.
    func together(_ names: [String]) async throws -> [String] {
        try await thread.together(names.map { name in { try await self.append(SpoolEntry(name)) } })
    }

    /// The numbers that a query gives, row by row.
    func integers(_ sql: String) async throws -> [Int64] {
        try await thread.value(.reading) { connection in
            try connection.rows(sql) { row in
                row.columns.indices.map { row.integer(at: Int32($0)) }
            }
        }
        .flatMap { $0 }
    }
}
