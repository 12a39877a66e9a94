import Foundation
import Glibc
import Testing
import WarrenTesting

@testable import WarrenRuntime

@Suite("Opening a file of lines")
struct LineFileOpeningTests {
    private func failure(_ path: String) -> LineFile.Failure? {
        #expect(throws: LineFile.Failure.self) { try LineFile(path: path) { _ in true } }
    }

    @Test(
        "mends a last line without end: a whole one gets its end, a part of one goes",
        arguments: [
            ("", "", nil),
            ("{}\n", "{}\n", nil),
            ("{}\n\n", "{}\n\n", nil),
            ("{}", "{}\n", .lineEndAdded),
            ("{\"a\":1}\n{}", "{\"a\":1}\n{}\n", .lineEndAdded),
            ("{", "", .cutOff(Array("{".utf8))),
            ("{}\n{\"a\"", "{}\n", .cutOff(Array("{\"a\"".utf8))),
            ("{}\n\0\0\0", "{}\n", .cutOff([0, 0, 0])),
        ] as [(String, String, LineFile.Repair?)]
    )
    func lastLine(before: String, after: String, repair: LineFile.Repair?) async throws {
        let target = try FileUnderTest(before)
        let file = try target.open()
        #expect(file.repair == repair)
        #expect(try target.text == after)
        try await file.append("{\"b\":2}")
        #expect(try target.text == after + "{\"b\":2}\n")
        await file.close()
    }

    @Test("finds the beginning of the last line, however long it is", arguments: [65_535, 65_536, 65_537, 1_000_000])
    func longLine(length: Int) async throws {
        let line = String(repeating: "x", count: length)
        for before in ["", "\n", "{}\n", String(repeating: "{}\n", count: 40_000)] {
            let target = try FileUnderTest(before + line)
            let file = try target.open()
            #expect(file.repair == .cutOff(Array(line.utf8)))
            #expect(try target.text == before)
            await file.close()
        }
    }

    @Test("leaves a large file alone that has no lines")
    func noLines() throws {
        let target = try FileUnderTest("no line end")
        let size = 65 << 20
        #expect(unsafe truncate(target.path, size) == 0)
        let error = failure(target.path)
        #expect(error?.code == .unusable)
        #expect(error?.description == "'\(target.path)': no file of lines: its last 64 MiB have no line end")
        #expect(try FileManager.default.attributesOfItem(atPath: target.path)[.size] as? Int == size)
    }

    @Test("keeps what a process wrote that was killed in the middle of a line")
    func killed() async throws {
        let target = try FileUnderTest()
        await #expect(processExitsWith: .signal(SIGKILL)) { [path = target.path as String] in
            var calls = FileCalls.system
            calls.write = { descriptor, bytes throws(SystemError) in
                guard bytes.count > 10 else { return try unsafe FileCalls.system.write(descriptor, bytes) }
                _ = try unsafe FileCalls.system.write(descriptor, UnsafeRawBufferPointer(rebasing: bytes[..<10]))
                kill(getpid(), SIGKILL)
                return 10
            }
            let file = try LineFile(path: path, calls: calls) { _ in true }
            try await file.append("{\"a\":1}")
            try await file.append("{\"a\":\"twelve\"}")
        }
        #expect(try target.text == "{\"a\":1}\n{\"a\":\"twel")
        let file = try target.open()
        #expect(file.repair == .cutOff(Array("{\"a\":\"twel".utf8)))
        #expect(try target.text == "{\"a\":1}\n")
        await file.close()
    }

    @Test("is refused while another has the file open, by its name")
    func locked() async throws {
        let target = try FileUnderTest("{")
        let file = try target.open()
        try await file.append("{}")
        let error = failure(target.path)
        #expect(error?.code == .inUse)
        #expect(error?.description == "'\(target.path)': another process has it open to write lines")
        // A reader is nobody's trouble, nor is the lock's holder touched.
        #expect(try target.text == "{}\n")
        try await file.append("{}")
        await file.close()
        await (try target.open()).close()
    }

    @Test("says what is wrong with the path")
    func unusable() throws {
        let folder = try TemporaryFolder()
        #expect(failure(folder.path)?.description == "'\(folder.path)': is a directory")
        let missing = folder.path(of: "missing/lines")
        #expect(failure(missing)?.description == "'\(missing)': open: No such file or directory")
        let pipe = folder.path(of: "pipe")
        #expect(unsafe mkfifo(pipe, 0o600) == 0)
        #expect(failure(pipe)?.description == "'\(pipe)': is a pipe that nobody reads, or a socket")
    }
}
