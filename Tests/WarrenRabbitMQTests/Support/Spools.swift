import Warren
import WarrenStorage
import WarrenTesting

/// Lends a spool in a file of its own.
func withStore(
    _ bounds: SpoolBounds = SpoolBounds(),
    _ body: (SQLiteSpoolStore) async throws -> Void
) async throws {
    let folder = try TemporaryFolder(prefix: "warren-spool")
    let spool = try await SQLiteSpoolStore(path: folder.path(of: "spool.db"), bounds: bounds)
    do {
        try await body(spool)
    } catch {
        await spool.close()
        throw error
    }
    await spool.close()
}

/// Lends a spool, a vhost, and a proxy in front of it.
func withSpool(
    _ bounds: SpoolBounds = SpoolBounds(),
    _ body: (SQLiteSpoolStore, _ url: String, FaultProxy) async throws -> Void
) async throws {
    try await withVhost { url in
        let proxy = try FaultProxy(to: url)
        do {
            try await withStore(bounds) { spool in try await body(spool, url, proxy) }
        } catch {
            await proxy.stop()
            throw error
        }
        await proxy.stop()
    }
}
