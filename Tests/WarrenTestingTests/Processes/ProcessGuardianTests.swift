import Foundation
import Glibc
import Testing

@testable import WarrenTesting

@Suite("The guardian")
struct ProcessGuardianTests {
    @Test("kills what it guards and removes the folder when it is ended")
    func end() async throws {
        let folder = try TemporaryFolder.create(prefix: "warren-guardian")
        let guardian = try ProcessGuardian(removing: folder)
        let process = try startSleep(guardian)
        await guardian.end()
        #expect(await process.wait() == .signalled(SIGKILL))
        #expect(!exists(folder))
    }

    @Test("leaves alone what it was told to forget, whatever stands beside it")
    func forget() async throws {
        let folder = try TemporaryFolder.create(prefix: "warren-guardian")
        let guardian = try ProcessGuardian(removing: folder)
        let processes = try (0..<3).map { _ in try startSleep(guardian) }
        guardian.forget(processes[1].processID)
        await guardian.end()
        #expect(await processes[0].wait() == .signalled(SIGKILL))
        #expect(await processes[2].wait() == .signalled(SIGKILL))
        #expect(processes[1].exitStatus == nil)
        processes[1].signal(SIGTERM)
        #expect(await processes[1].wait() == .signalled(SIGTERM))
    }

    @Test("starts nothing once it has ended, and leaves no zombie")
    func afterwards() async throws {
        let folder = try TemporaryFolder.create(prefix: "warren-guardian")
        let guardian = try ProcessGuardian(removing: folder)
        let process = try start(guardian, ["/bin/true"])
        #expect(await process.wait() == .exited(0))
        await guardian.end()
        #expect(throws: WarrenTestingError.self) { _ = try startSleep(guardian) }
        try await eventually("all are reaped") { zombies().isEmpty }
    }

    @Test("ends a whole broker when the process is killed")
    func brokerOfKilledProcess() async throws {
        let notes = try TemporaryFolder()
        let note = notes.path(of: "note")
        await #expect(processExitsWith: .signal(SIGKILL)) { [note = note as String] in
            let broker = try await LocalBroker.start()
            try write([try #require(broker.folder)], to: note)
            kill(getpid(), SIGKILL)
        }
        let folder = try #require(try read(note).first)
        try await eventually("no process of the broker is left") { processesNaming(folder).isEmpty }
        try await eventually("its folder is removed") { !exists(folder) }
    }

    @Test("ends everything when the process exits")
    func exit() async throws {
        let notes = try TemporaryFolder()
        let note = notes.path(of: "note")
        await #expect(processExitsWith: .exitCode(0)) { [note = note as String] in
            let guardian = try leaveBehind(note: note)
            withExtendedLifetime(guardian) { Glibc.exit(0) }
        }
        try await expectGone(note)
    }

    @Test("ends everything when the process crashes")
    func crash() async throws {
        let notes = try TemporaryFolder()
        let note = notes.path(of: "note")
        await #expect(processExitsWith: .failure) { [note = note as String] in
            let guardian = try leaveBehind(note: note)
            withExtendedLifetime(guardian) { fatalError("on purpose") }
        }
        try await expectGone(note)
    }
}

private func expectGone(_ note: String) async throws {
    let lines = try read(note)
    let folder = try #require(lines.first)
    let processID = try #require(lines.last.flatMap { Int32($0) })
    try await eventually("the process is gone") { !isAlive(processID) }
    try await eventually("the folder is removed") { !exists(folder) }
}

/// Starts a guarded process that nobody stops, and notes it down.
private func leaveBehind(note: String) throws -> ProcessGuardian {
    let folder = try TemporaryFolder.create(prefix: "warren-guardian")
    let guardian = try ProcessGuardian(removing: folder)
    try write([folder, "\(try startSleep(guardian).processID)"], to: note)
    return guardian
}

private func startSleep(_ guardian: ProcessGuardian) throws -> ChildProcess {
    try start(guardian, ["/bin/sleep", "600"])
}

private func start(_ guardian: ProcessGuardian, _ arguments: [String]) throws -> ChildProcess {
    let nowhere = try Descriptor.open("/dev/null", O_RDWR)
    return try guardian.start(arguments, environment: [], output: nowhere, error: nowhere)
}

private func write(_ lines: [String], to file: String) throws {
    try Data(lines.joined(separator: "\n").utf8).write(to: URL(filePath: file))
}

private func read(_ file: String) throws -> [String] {
    try String(contentsOfFile: file, encoding: .utf8).split(separator: "\n").map(String.init)
}
