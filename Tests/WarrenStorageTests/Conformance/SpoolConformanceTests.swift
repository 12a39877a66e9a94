import Testing
import Warren
import WarrenStorage
import WarrenTesting

@Suite("A spool in SQLite")
struct SpoolConformanceTests {
    @Test("keeps every promise of a spool", arguments: SpoolStoreConformance.checks)
    func promises(check: StoreCheck<SpoolStoreFixture>) async throws {
        let folder = try DatabaseFolder()
        try await check.run(
            SpoolStoreFixture(
                advance: { folder.calendar.advance(by: $0) },
                openAfterCrash: {
                    try folder.crash()
                    return try await folder.spool()
                },
                open: { try await folder.spool($0) }
            )
        )
    }
}
