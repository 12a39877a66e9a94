import Warren

extension StorageError {
    /// An error that is one already, though its type did not say so.
    init(wrapping error: any Error) {
        self = error as? StorageError ?? StorageError(.failed, "\(error)")
    }
}

/// Calls what throws nothing else, though its type does not say so.
func throwingStorageError<Value>(
    _ body: () async throws -> Value
) async throws(StorageError) -> Value {
    do {
        return try await body()
    } catch {
        throw StorageError(wrapping: error)
    }
}
