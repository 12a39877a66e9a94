import Glibc
import Testing
import WarrenTesting

@Suite("A journal")
struct JournalTests {
    @Test("has each line that a process has written, whatever becomes of the process")
    func killed() async throws {
        let folder = try TemporaryFolder()
        let path = folder.path(of: "journal")
        #expect(try Journal.read(path).isEmpty)
        for round in 1...2 {
            await #expect(processExitsWith: .signal(SIGKILL)) { [path = path as String, round = round as Int] in
                let journal = try Journal(path, killingWithin: .milliseconds(50))
                try journal.write("begun \(round)")
                try await eventually("the process is killed") { false }
            }
            #expect(try Journal.read(path) == (1...round).map { "begun \($0)" })
        }
    }

    @Test("lets a process live that is not to be killed")
    func alive() throws {
        let folder = try TemporaryFolder()
        let journal = try Journal(folder.path(of: "journal"))
        for number in 0..<3 { try journal.write("\(number)") }
        #expect(try Journal.read(folder.path(of: "journal")) == ["0", "1", "2"])
        #expect(throws: WarrenTestingError.self) { try Journal(folder.path) }
    }
}
