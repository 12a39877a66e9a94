import Foundation
import Glibc
import Testing
import WarrenRuntime
import WarrenTesting

/// A client that is not ours: Python with `pika`.
enum Python {
    /// Runs a program in which `channel` is open; what it prints is read as JSON, one value a line.
    static func run(_ program: String, url: String) async throws -> [Any] {
        let prelude = """
            import base64, datetime, json, pika, sys
            connection = pika.BlockingConnection(pika.URLParameters(sys.argv[1]))
            channel = connection.channel()
            def get(queue):
                for _ in range(400):
                    answer = channel.basic_get(queue, auto_ack=True)
                    if answer[0]: return answer
                    connection.sleep(0.05)
                sys.exit('nothing came to ' + queue)
            """
        let folder = try TemporaryFolder()
        let output = folder.path(of: "output")
        let status = try await start(
            ["/usr/bin/python3", "-c", prelude + "\n" + program + "\nconnection.close()", url],
            output: output
        )
        let text = try String(contentsOfFile: output, encoding: .utf8)
        try #require(status == 0, "python ended with \(status): \(text)")
        return try text.split(separator: "\n").map { line in
            try JSONSerialization.jsonObject(with: Data(line.utf8), options: .fragmentsAllowed)
        }
    }

    /// The headers of the next message in a queue, which is taken out.
    static func takeHeaders(_ queue: String, url: String) async throws -> [String: Any] {
        let lines = try await run("print(json.dumps(get('\(queue)')[1].headers, default=str))", url: url)
        return try #require(lines.first as? [String: Any])
    }

    private static func start(_ arguments: [String], output: String) async throws -> Int32 {
        var actions = unsafe posix_spawn_file_actions_t()
        unsafe posix_spawn_file_actions_init(&actions)
        defer { unsafe posix_spawn_file_actions_destroy(&actions) }
        unsafe posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0)
        unsafe posix_spawn_file_actions_addopen(&actions, 1, output, O_WRONLY | O_CREAT, 0o600)
        unsafe posix_spawn_file_actions_adddup2(&actions, 1, 2)
        var words = unsafe arguments.map { unsafe strdup($0) } + [nil]
        defer { for index in unsafe words.indices { unsafe free(words[index]) } }
        var processID: pid_t = 0
        let code = unsafe posix_spawn(&processID, arguments[0], &actions, nil, &words, environ)
        try #require(code == 0, "cannot start \(arguments[0])")
        let ended = Shared<Int32?>(nil)
        try IOThread.start(name: "child") { [processID] in
            var status: Int32 = 0
            while unsafe waitpid(processID, &status, 0) < 0, errno == EINTR {}
            ended.change { $0 = status & 0x7F == 0 ? status >> 8 & 0xFF : 128 + status & 0x7F }
        }
        do {
            try await eventually("the end of \(arguments[0])", within: .seconds(60)) { ended.value != nil }
        } catch {
            kill(processID, SIGKILL)
            throw error
        }
        return ended.value ?? -1
    }
}
