import Foundation
import Glibc
import Testing
import Warren
import WarrenRuntime
import WarrenTesting

@testable import WarrenStorage

@Suite("A spool on a disk that is full")
struct SpoolFullDiskTests {
    private let folder: DatabaseFolder

    init() throws {
        folder = try DatabaseFolder()
    }

    /// What became of entries that were appended at a time.
    private static func append(_ names: [String], to spool: SQLiteSpoolStore) async -> [String: StorageError.Code?] {
        await withTaskGroup(of: (String, StorageError.Code?).self) { group in
            for name in names {
                group.addTask {
                    do throws(StorageError) {
                        try await spool.append(SpoolEntry(name))
                        return (name, nil)
                    } catch {
                        return (name, error.code)
                    }
                }
            }
            return await group.reduce(into: [:]) { $0[$1.0] = .some($1.1) }
        }
    }

    @Test("refuses what does not fit, keeps what it has accepted, and goes on when there is room again")
    func pages() async throws {
        let spool = try await folder.spool()
        try await spool.limitPages(to: 40)
        var accepted: [String] = []
        var error: StorageError?
        while error == nil {
            do throws(StorageError) {
                try await spool.append(SpoolEntry("\(accepted.count)"))
                accepted.append("\(accepted.count)")
            } catch let failure {
                error = failure
            }
        }
        #expect(accepted.count > 100)
        #expect(error?.code == .full)
        let reason = "database or disk is full: make room on its disk, then work goes on"
        #expect(error?.message.hasSuffix(reason) == true)
        #expect(error?.message.hasPrefix("'\(folder.path)': cannot carry out INSERT") == true)
        #expect(try await spool.line() == accepted)
        #expect(spool.status.count == accepted.count)
        #expect(spool.status.bytes == accepted.count * 100)
        // What leaves makes room.
        let first = try await spool.entries(after: nil, upTo: 50).map(\.position)
        try await spool.remove(first)
        try await spool.append(SpoolEntry("later"))
        try await spool.limitPages(to: 100_000)
        for number in 0..<200 { try await spool.append(SpoolEntry("more \(number)")) }
        let line = Array(accepted.dropFirst(50)) + ["later"] + (0..<200).map { "more \($0)" }
        #expect(try await spool.line() == line)
        await spool.close()
        #expect(try await folder.spool().line() == line)
    }

    @Test("tells each of many tasks whether its entry is there")
    func manyTasks() async throws {
        let spool = try await folder.spool()
        try await spool.limitPages(to: 20)
        var outcomes: [String: StorageError.Code?] = [:]
        for round in 0..<50 {
            outcomes.merge(await Self.append((0..<10).map { "\(round) \($0)" }, to: spool)) { _, new in new }
        }
        #expect(Set(outcomes.values) == [nil, .full])
        let accepted = outcomes.filter { $0.value == nil }.keys
        #expect(try await spool.line().sorted() == accepted.sorted())
        #expect(spool.status.count == accepted.count)
    }

    @Test(
        "loses nothing that it has accepted and keeps nothing that it has not, whichever write fails and why",
        arguments: [(ENOSPC, StorageError.Code.full), (EDQUOT, .full), (EIO, .failed)].map { ($0.0, "\($0.1)") }
    )
    func anyWrite(systemCode: Int32, code: String) async throws {
        await #expect(processExitsWith: .success) {
            [path = folder.path as String, systemCode = systemCode as Int32, code = code as String] in
            DiskFaults.install()
            let spool = try await SQLiteSpoolStore(path: path)
            var accepted: [String] = []
            var refused = 0
            for writes in 0..<150 {
                let names = (0..<(1 + writes % 5)).map { "\(writes) \($0)" }
                DiskFaults.allow(writes % 50, then: systemCode)
                let outcomes = await Self.append(names, to: spool)
                // Large enough to need pages of their own, and to fill the log until it has to be emptied.
                let large = SpoolEntry(
                    eventID: "\(writes)",
                    eventType: "T",
                    route: [],
                    body: Array(repeating: 1, count: 99_999)
                )
                do throws(StorageError) {
                    try await spool.append(large)
                    accepted.append(large.eventID)
                } catch {
                    #expect("\(error.code)" == code, "\(error)")
                    #expect(code == "full" || error.message.contains("(Input/output error)"), "\(error)")
                    refused += 1
                }
                accepted += outcomes.filter { $0.value == nil }.keys
                #expect(outcomes.values.allSatisfy { $0.map { "\($0)" == code } ?? true }, "\(outcomes)")
                refused += outcomes.count { $0.value != nil }
                #expect(try await spool.line().sorted() == accepted.sorted())
            }
            #expect(refused > 50)
            #expect(accepted.count > 50)
            DiskFaults.allowAll()
            try await spool.append(SpoolEntry("last"))
            #expect(try await spool.line().sorted() == (accepted + ["last"]).sorted())
            await spool.close()
            let again = try await SQLiteSpoolStore(path: path)
            #expect(try await again.line().sorted() == (accepted + ["last"]).sorted())
        }
    }

    @Test("can still be read, and says that nothing can be removed or parked")
    func removing() async throws {
        await #expect(processExitsWith: .success) { [path = folder.path as String] in
            DiskFaults.install()
            let spool = try await SQLiteSpoolStore(path: path)
            for number in 0..<10 { try await spool.append(SpoolEntry("\(number)")) }
            let (positions, status) = (try await spool.entries(after: nil, upTo: 10).map(\.position), spool.status)
            DiskFaults.allow(0)
            let errors = [
                await #expect(throws: StorageError.self) { try await spool.remove(positions) },
                await #expect(throws: StorageError.self) { try await spool.park(positions[0], reason: "too large") },
            ]
            #expect(errors.map { $0?.code } == [.full, .full])
            #expect(try await spool.line().count == 10)
            #expect(try await spool.parked(after: nil, upTo: 10) == [])
            #expect(spool.status == status)
            DiskFaults.allowAll()
            try await spool.park(positions[0], reason: "too large")
            try await spool.remove(positions)
            #expect(spool.status.count == 0)
            #expect(spool.status.parkedCount == 1)
        }
    }

    @Test("keeps to a limit of file sizes as to any other")
    func sizeLimit() async throws {
        await #expect(processExitsWith: .success) { [path = folder.path as String] in
            signal(SIGXFSZ, SIG_IGN)
            var limit = rlimit()
            #expect(getrlimit(__rlimit_resource_t(RLIMIT_FSIZE.rawValue), &limit) == 0)
            let spool = try await SQLiteSpoolStore(path: path)
            limit.rlim_cur = 200_000
            #expect(setrlimit(__rlimit_resource_t(RLIMIT_FSIZE.rawValue), &limit) == 0)
            var accepted = 0
            let error = await #expect(throws: StorageError.self) {
                for number in 0..<10_000 {
                    try await spool.append(SpoolEntry("\(number)"))
                    accepted += 1
                }
            }
            #expect(error?.code == .full)
            #expect(accepted > 10)
            limit.rlim_cur = limit.rlim_max
            #expect(setrlimit(__rlimit_resource_t(RLIMIT_FSIZE.rawValue), &limit) == 0)
            try await spool.append(SpoolEntry("last"))
            #expect(try await spool.line() == (0..<accepted).map { "\($0)" } + ["last"])
        }
    }
}

extension SQLiteSpoolStore {
    /// The database takes no more pages, as if the disk were full.
    fileprivate func limitPages(to count: Int) async throws {
        try await thread.perform(.oneStatement) { try $0.run("PRAGMA max_page_count = \(count)") }
    }
}
