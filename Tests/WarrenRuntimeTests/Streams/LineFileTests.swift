import Foundation
import Glibc
import Testing
import WarrenTesting

@testable import WarrenRuntime

@Suite("A file of lines")
struct LineFileTests {
    @Test("has what was appended, in order, when the call returns")
    func order() async throws {
        let target = try FileUnderTest("before\n")
        let file = try target.open()
        #expect(file.repair == nil)
        var expected = "before\n"
        for number in 0..<100 {
            try await file.append("\(number)\n")
            expected += "\(number)\n"
            #expect(try target.text == expected)
        }
        try await file.append("a\nb\n")
        try await file.append("without end")
        try await file.append([])
        #expect(try target.text == expected + "a\nb\nwithout end\n")
        await file.close()
    }

    @Test("is made where there is none, for all to read")
    func created() async throws {
        let target = try FileUnderTest()
        let mask = umask(0o022)
        let file = try target.open()
        umask(mask)
        try await file.append("{}")
        await file.close()
        #expect(try target.text == "{}\n")
        var status = stat()
        #expect(unsafe stat(target.path, &status) == 0 && status.st_mode & 0o777 == 0o644)
    }

    @Test("writes and flushes once for all that came while the disk was at work")
    func groupCommit() async throws {
        let target = try FileUnderTest()
        let calls = CallsUnderTest()
        let file = try target.open(calls.calls)
        calls.change { $0.isHeld = true }
        try await withThrowingTaskGroup { group in
            group.addTask { try await file.append("first") }
            try await eventually("the first is being written") { calls.value.isWriting }
            for number in 0..<500 { group.addTask { try await file.append("\(number)") } }
            try await eventually("all are there") { file.waiting == 501 }
            calls.change { $0.isHeld = false }
            try await group.waitForAll()
        }
        #expect(calls.value.writes == 2)
        #expect(calls.value.flushes == 2)
        let lines = try target.text.split(separator: "\n")
        #expect(lines.first == "first" && Set(lines.dropFirst()) == Set((0..<500).map { "\($0)" }))
        await file.close()
    }

    @Test("takes what is larger than a batch, and many of them at once")
    func large() async throws {
        let target = try FileUnderTest()
        let file = try target.open()
        let line = String(repeating: "x", count: 3 << 20)
        try await withThrowingTaskGroup { group in
            for number in 0..<6 { group.addTask { try await file.append("\(number)" + line) } }
            try await group.waitForAll()
        }
        await file.close()
        let lines = try target.text.split(separator: "\n", omittingEmptySubsequences: false)
        #expect(lines.count == 7 && lines.last == "")
        #expect(lines.dropLast().allSatisfy { $0.dropFirst() == line })
        #expect(Set(lines.dropLast().map(\.first)) == Set("012345".map { $0 }))
    }

    @Test("writes what was appended before it is closed, and takes nothing after")
    func closing() async throws {
        let target = try FileUnderTest()
        let calls = CallsUnderTest()
        let file = try target.open(calls.calls)
        calls.change { $0.isHeld = true }
        try await withThrowingTaskGroup { group in
            group.addTask { try await file.append("a") }
            try await eventually("it is being written") { calls.value.isWriting }
            group.addTask { try await file.append("b") }
            try await eventually("both are there") { file.waiting == 2 }
            async let closed: Void = file.close()
            calls.change { $0.isHeld = false }
            await closed
            try await group.waitForAll()
        }
        #expect(try target.text == "a\nb\n")
        let error = await #expect(throws: LineFile.Failure.self) { try await file.append("late") }
        #expect(error?.code == .closed)
        await #expect(throws: LineFile.Failure.self) { _ = try await file.reopen() }
        await file.close()
        // The lock went with it.
        await (try target.open()).close()
    }

    @Test("lets a cancelled appender go, and drops what was not under way yet")
    func cancelled() async throws {
        let target = try FileUnderTest()
        let calls = CallsUnderTest()
        let file = try target.open(calls.calls)
        calls.change { $0.isHeld = true }
        let first = Task { try await file.append("first") }
        try await eventually("the first is being written") { calls.value.isWriting }
        let second = Task { try await file.append("second") }
        try await eventually("both are there") { file.waiting == 2 }
        second.cancel()
        var error = await #expect(throws: LineFile.Failure.self) { try await second.value }
        #expect(error?.code == .cancelled)
        first.cancel()
        error = await #expect(throws: LineFile.Failure.self) { try await first.value }
        #expect(error?.code == .cancelled)
        calls.change { $0.isHeld = false }
        try await file.append("third")
        #expect(try target.text == "first\nthird\n")
        await file.close()
    }

    @Test("goes on in a new file after a rotation, and in the same one without")
    func reopening() async throws {
        let target = try FileUnderTest()
        let file = try target.open()
        try await file.append("a")
        #expect(try await file.reopen() == nil)
        try await file.append("b")
        let old = target.path + ".1"
        try FileManager.default.moveItem(atPath: target.path, toPath: old)
        try await file.append("c")
        try Data("{}\n{".utf8).write(to: URL(filePath: target.path))
        #expect(try await file.reopen() == .cutOff(Array("{".utf8)))
        try await file.append("d")
        #expect(try target.text == "{}\nd\n")
        #expect(try String(contentsOfFile: old, encoding: .utf8) == "a\nb\nc\n")
        // Nobody holds the old one any more.
        await (try LineFile(path: old) { _ in true }).close()
        await file.close()
    }

    @Test("stays with the old file when there can be no new one")
    func failedReopening() async throws {
        let target = try FileUnderTest()
        let file = try target.open()
        let old = target.path + ".1"
        try FileManager.default.moveItem(atPath: target.path, toPath: old)
        try FileManager.default.createDirectory(atPath: target.path, withIntermediateDirectories: false)
        let error = await #expect(throws: LineFile.Failure.self) { _ = try await file.reopen() }
        #expect(error?.code == .unusable)
        try await file.append("a")
        await file.close()
        #expect(try String(contentsOfFile: old, encoding: .utf8) == "a\n")
    }

    @Test("that somebody else empties goes on at its beginning")
    func emptied() async throws {
        let target = try FileUnderTest("{}\n")
        let file = try target.open()
        #expect(unsafe truncate(target.path, 0) == 0)
        try await file.append("a")
        #expect(try target.text == "a\n")
        await file.close()
    }
}
