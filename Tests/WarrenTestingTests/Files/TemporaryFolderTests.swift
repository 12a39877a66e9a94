import Foundation
import Testing
import WarrenTesting

@Suite("A temporary folder")
struct TemporaryFolderTests {
    @Test("is new, and goes away with all it holds")
    func lifetime() throws {
        var folder: TemporaryFolder? = try TemporaryFolder()
        let path = try #require(folder?.path)
        let file = try #require(folder?.path(of: "file"))
        #expect(FileManager.default.createFile(atPath: file, contents: Data([1])))
        #expect(try TemporaryFolder().path != path)
        folder = nil
        #expect(!exists(path))
    }
}
