import Testing
import Warren

@testable import WarrenStorage

@Suite("The configuration of a database")
struct SQLiteConfigurationTests {
    @Test("is as safe as it can be, unless one wants it otherwise")
    func defaults() throws {
        let configuration = SQLiteConfiguration()
        #expect(configuration.durability == .full)
        #expect(configuration.busyTimeout == .seconds(5))
        #expect(configuration.enforcesForeignKeys)
        try configuration.check()
    }

    @Test("is refused where it makes no sense")
    func senseless() {
        let error = #expect(throws: StorageError.self) {
            try SQLiteConfiguration(busyTimeout: .milliseconds(-1)).check()
        }
        #expect(error?.code == .invalidConfiguration)
    }
}
