import Warren

/// Calls what throws nothing else, though its type does not say so: it goes through a thread.
func throwingStorageError<Value>(
    _ body: () async throws -> Value
) async throws(StorageError) -> Value {
    do {
        return try await body()
    } catch {
        throw error as? StorageError ?? StorageError(.failed, "\(error)")
    }
}
