import Foundation
import Glibc
import Testing
import WarrenTesting

@testable import WarrenRuntime

@Suite("A file of lines that cannot be written")
struct LineFileFailureTests {
    private let target: FileUnderTest
    private let calls = CallsUnderTest()
    private let file: LineFile

    init() throws {
        target = try FileUnderTest("{}\n")
        file = try target.open(calls.calls)
    }

    private func failure(_ text: String) async -> LineFile.Failure? {
        await #expect(throws: LineFile.Failure.self) { try await file.append(text) }
    }

    @Test("keeps no part of a line, says why, and goes on when there is room again", arguments: [0, 1, 4])
    func noRoom(room: Int) async throws {
        calls.change { $0.room = room }
        let error = await failure("1234")
        #expect(error?.code == .failed)
        #expect(error?.description == "'\(target.path)': write: No space left on device")
        #expect(try target.text == "{}\n")
        calls.change { $0.room = .max }
        try await file.append("5678")
        #expect(try target.text == "{}\n5678\n")
        await file.close()
    }

    @Test("takes of many what fits, and fails exactly the others")
    func someRoom() async throws {
        calls.change { $0.isHeld = true }
        let results = try await withThrowingTaskGroup(of: (Int, LineFile.Failure?).self) { group in
            for number in 0..<10 {
                group.addTask {
                    do throws(LineFile.Failure) {
                        try await file.append("line \(number)")
                        return (number, nil)
                    } catch {
                        return (number, error)
                    }
                }
                try await eventually("it is there") { file.waiting == number + 1 }
                if number == 0 { try await eventually("the first is being written") { calls.value.isWriting } }
            }
            // The first is under way by itself; of the nine others, 7 bytes each, three and a half fit.
            calls.change { state in
                state.room = 7 + 25
                state.isHeld = false
            }
            return try await group.reduce(into: [:]) { $0[$1.0] = .some($1.1) }
        }
        #expect(try target.text == "{}\nline 0\nline 1\nline 2\nline 3\n")
        for number in 0..<10 { #expect((results[number] == .some(nil)) == (number < 4)) }
        #expect(calls.value.flushes == 2)
        await file.close()
    }

    @Test("takes back what could not be flushed", arguments: [EIO, ENOSPC])
    func flushing(code: Int32) async throws {
        calls.change { $0.flushError = code }
        let error = await failure("lost")
        #expect(error?.description == "'\(target.path)': fdatasync: \(SystemError.reason(code))")
        #expect(try target.text == "{}\n")
        calls.change { $0.flushError = nil }
        try await file.append("kept")
        #expect(try target.text == "{}\nkept\n")
        await file.close()
    }

    @Test("writes nothing behind a part of a line that it could not cut off, and says so until it can")
    func damaged() async throws {
        calls.change { state in
            state.room = 2
            state.truncateError = EIO
        }
        let error = await failure("1234")
        #expect(error?.code == .damaged)
        #expect(
            error?.description
                == "'\(target.path)': a part of a line could not be cut off its end: ftruncate: Input/output error"
        )
        #expect(try target.text == "{}\n12")
        calls.change { $0.room = .max }
        #expect(await failure("5678")?.code == .damaged)
        #expect(try target.text == "{}\n12")
        calls.change { $0.truncateError = nil }
        try await file.append("9")
        #expect(try target.text == "{}\n9\n")
        await file.close()
    }

    @Test("tries once more to cut off a part of a line when it is closed")
    func damagedAndClosed() async throws {
        calls.change { state in
            state.room = 2
            state.truncateError = EIO
        }
        #expect(await failure("1234")?.code == .damaged)
        calls.change { $0.truncateError = nil }
        await file.close()
        #expect(try target.text == "{}\n")
    }

    @Test("does not fill up with zeros a file that was emptied before a part of a line could be cut off")
    func emptied() async throws {
        calls.change { state in
            state.room = 2
            state.truncateError = EIO
        }
        #expect(await failure("1234")?.code == .damaged)
        #expect(unsafe truncate(target.path, 0) == 0)
        calls.change { state in
            state.room = .max
            state.truncateError = nil
        }
        try await file.append("9")
        #expect(try target.text == "9\n")
        await file.close()
    }

    @Test("as the system has it: at the largest size allowed, and on after that is raised")
    func limitOfTheSystem() async throws {
        await file.close()
        await #expect(processExitsWith: .success) { [path = target.path as String] in
            _ = try TerminationSignals.install()
            var limit = rlimit()
            try #require(unsafe getrlimit(__rlimit_resource_t(RLIMIT_FSIZE.rawValue), &limit) == 0)
            let file = try LineFile(path: path) { _ in true }
            limit.rlim_cur = 10
            try #require(unsafe setrlimit(__rlimit_resource_t(RLIMIT_FSIZE.rawValue), &limit) == 0)
            let error = await #expect(throws: LineFile.Failure.self) { try await file.append("1234567") }
            limit.rlim_cur = limit.rlim_max
            try #require(unsafe setrlimit(__rlimit_resource_t(RLIMIT_FSIZE.rawValue), &limit) == 0)
            #expect(error?.description == "'\(path)': write: File too large")
            try await file.append("89")
            await file.close()
        }
        #expect(try target.text == "{}\n89\n")
    }
}
