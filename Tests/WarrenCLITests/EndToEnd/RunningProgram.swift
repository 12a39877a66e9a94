import Foundation
import Glibc
import Testing
import WarrenRuntime
import WarrenTesting

/// A program under way: the built `warren`, or one that stands for the rest of the world.
final class RunningProgram: Sendable {
    struct Result {
        let status: Int32
        let output: String
        let errors: String

        /// The lines of the output, each taken apart as a JSON object.
        func objects() throws -> [[String: Any]] {
            try output.split(separator: "\n").map { line in
                try #require(try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any])
            }
        }
    }

    private let name: String
    private let processID: pid_t
    private let input: TestPipe
    private let output: Collected
    private let errors: Collected
    private let ending = Locked<Int32?>(nil)

    private init(
        _ path: String,
        _ arguments: [String],
        environment: [String: String],
        isRead: Bool = true
    ) throws {
        let (stdin, stdout, stderr) = (try TestPipe(), try TestPipe(), try TestPipe())
        name = ([path] + arguments.map { String($0.prefix(40)) }).joined(separator: " ")
        (input, output, errors) = (stdin, Collected(stdout), Collected(stderr))
        processID = try Self.spawn(
            [path] + arguments,
            environment: ProcessInfo.processInfo.environment.merging(environment) { $1 },
            descriptors: [stdin.output, stdout.input, stderr.input]
        )
        stdin.closeOutput()
        stdout.closeInput()
        stderr.closeInput()
        if isRead { try output.start() } else { output.ignore() }
        try errors.start()
        try IOThread.start(name: "child") { [self] in
            var status: Int32 = 0
            while unsafe waitpid(processID, &status, 0) < 0, errno == EINTR {}
            // The low seven bits are the signal that ended it, if one did.
            let ending = status & 0x7F == 0 ? status >> 8 & 0xFF : 128 + status & 0x7F
            self.ending.withLock { $0 = ending }
        }
    }

    private static func spawn(
        _ arguments: [String],
        environment: [String: String],
        descriptors: [Int32]
    ) throws -> pid_t {
        var actions = unsafe posix_spawn_file_actions_t()
        unsafe posix_spawn_file_actions_init(&actions)
        defer { unsafe posix_spawn_file_actions_destroy(&actions) }
        for (number, descriptor) in descriptors.enumerated() {
            unsafe posix_spawn_file_actions_adddup2(&actions, descriptor, Int32(number))
        }
        var words = unsafe arguments.map { unsafe strdup($0) } + [nil]
        var variables = unsafe environment.map { unsafe strdup("\($0.key)=\($0.value)") } + [nil]
        defer { for index in unsafe words.indices { unsafe free(words[index]) } }
        var processID: pid_t = 0
        let code = unsafe posix_spawn(&processID, arguments[0], &actions, nil, &words, &variables)
        try #require(code == 0, "cannot start \(arguments[0])")
        return processID
    }

    // MARK: - Starting

    /// The `warren` that was built with these tests, or the one that `WARREN_TEST_PROGRAM` names.
    ///
    /// With `isRead` false nobody reads its output, so that it can be closed.
    static func warren(_ arguments: [String], url: String? = nil, isRead: Bool = true) throws -> RunningProgram {
        try RunningProgram(
            warrenPath,
            arguments,
            environment: url.map { ["WARREN_URL": $0] } ?? [:],
            isRead: isRead
        )
    }

    static var warrenPath: String {
        let folder = Bundle.main.executableURL?.deletingLastPathComponent() ?? URL(fileURLWithPath: ".build/debug")
        let bundle = Bundle.allBundles.map(\.bundleURL).first { $0.pathExtension == "xctest" }
        let path = (bundle?.deletingLastPathComponent() ?? folder).appendingPathComponent("warren").path
        return ProcessInfo.processInfo.environment["WARREN_TEST_PROGRAM"] ?? path
    }

    /// The same, started by a shell: `command` says how, and `"$@"` in it is the command line.
    static func shell(_ command: String, _ arguments: [String], url: String? = nil) throws -> RunningProgram {
        try RunningProgram(
            "/bin/sh",
            ["-c", command, "sh", warrenPath] + arguments,
            environment: url.map { ["WARREN_URL": $0] } ?? [:]
        )
    }

    /// A Python program that speaks AMQP by `pika`; `connect()` gives it a channel.
    ///
    /// Its connection is closed in the end: just dropped, it could lose what it has published without confirms.
    static func python(_ program: String, url: String, _ arguments: [String] = []) throws -> RunningProgram {
        let prelude = """
            import atexit, datetime, decimal, json, pika, sys
            def connect():
                connection = pika.BlockingConnection(pika.URLParameters(sys.argv[1]))
                atexit.register(lambda: connection.is_open and connection.close())
                return connection.channel()
            """
        return try RunningProgram(
            "/usr/bin/python3",
            ["-c", prelude + "\n" + program, url] + arguments,
            environment: ["WARREN_URL": url]
        )
    }

    /// One of the tools of rabbitmq-c.
    static func tool(_ name: String, url: String, _ arguments: [String]) throws -> RunningProgram {
        try RunningProgram("/usr/bin/\(name)", ["--url", url] + arguments, environment: [:])
    }

    /// A command that is found as the shell finds it.
    static func command(_ arguments: [String]) throws -> RunningProgram {
        try RunningProgram("/usr/bin/env", arguments, environment: [:])
    }

    /// How it ended; nothing while it runs.
    private var status: Int32? { ending.withLock { $0 } }

    // MARK: - Talking

    /// Whether it has read all that was written to its stdin.
    var hasReadInput: Bool { input.waiting == 0 }

    /// Writes to its stdin, on a thread of its own: the program reads when it likes.
    func write(_ text: String) async throws {
        try await withCheckedThrowingContinuation { (continuation: CheckedContinuation<Void, any Error>) in
            do {
                try IOThread.start(name: "writer") {
                    self.input.write(text)
                    continuation.resume()
                }
            } catch {
                continuation.resume(throwing: error)
            }
        }
    }

    func endInput() { input.closeInput() }

    func signal(_ number: Int32) {
        if status == nil { _ = kill(processID, number) }
    }

    /// How many bytes stand on its stdout that nobody has read.
    var unread: Int { output.unread }

    /// Goes away as the reader of an output that was not read.
    func closeOutput() {
        output.close()
    }

    /// Waits until the program has said this on stderr.
    func says(_ text: String) async throws {
        do {
            try await eventually("'\(text)' on stderr") { errors.text.contains(text) || status != nil }
        } catch {
            try fail(error)
        }
        try #require(errors.text.contains(text), "ended with \(status ?? -1): \(errors.text)")
    }

    /// Ends a program that did not do what it should, and shows what it has said.
    private func fail(_ error: any Error) throws -> Never {
        signal(SIGKILL)
        Issue.record("\(name) said: \(errors.text.suffix(4000))")
        throw error
    }

    /// What stands on stdout by now.
    var printed: String { output.text }

    /// Waits until so many lines stand on stdout.
    func prints(lines: Int) async throws {
        try await eventually("\(lines) lines on stdout") { output.text.filter { $0 == "\n" }.count >= lines }
    }

    /// Ends the input and waits for the program's end; it is killed when that does not come.
    func finish(within limit: Duration = .seconds(60)) async throws -> Result {
        endInput()
        return try await ended(within: limit)
    }

    /// Waits for the program's end; it is killed when that does not come.
    func ended(within limit: Duration = .seconds(60)) async throws -> Result {
        do {
            try await eventually("the end of \(name)", within: limit) { status != nil }
            try await eventually("the end of the output") { output.isComplete && errors.isComplete }
        } catch {
            try fail(error)
        }
        return Result(status: status ?? -1, output: output.text, errors: errors.text)
    }
}

/// What comes out of a pipe, read on a thread of its own.
private final class Collected: Sendable {
    private let pipe: TestPipe
    private let state = Locked((bytes: [UInt8](), isComplete: false))

    init(_ pipe: TestPipe) {
        self.pipe = pipe
    }

    var text: String { state.withLock { String(decoding: $0.bytes, as: UTF8.self) } }

    var isComplete: Bool { state.withLock { $0.isComplete } }

    var unread: Int { pipe.waiting }

    /// Nobody reads it, and nothing more is to come.
    func ignore() {
        state.withLock { $0.isComplete = true }
    }

    func close() {
        pipe.closeOutput()
        state.withLock { $0.isComplete = true }
    }

    func start() throws {
        try IOThread.start(name: "collector") { [self] in
            while true {
                let bytes = pipe.read()
                state.withLock { state in
                    state.bytes += bytes
                    state.isComplete = bytes.isEmpty
                }
                if bytes.isEmpty { return }
            }
        }
    }
}
