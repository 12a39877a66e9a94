import Testing

/// A client that is not ours: Python with `pika`.
enum Python {
    /// Runs a program in which `channel` is open; ended after 40 s at the latest.
    ///
    /// - Returns: the lines that it prints.
    @discardableResult
    static func run(_ program: String, url: String) async throws -> [String] {
        let prelude = """
            import datetime, decimal, json, pika, signal, sys
            signal.alarm(40)
            connection = pika.BlockingConnection(pika.URLParameters(sys.argv[1]))
            channel = connection.channel()
            def get(queue):
                for _ in range(400):
                    answer = channel.basic_get(queue, auto_ack=True)
                    if answer[0]: return answer
                    connection.sleep(0.05)
                sys.exit('nothing came to ' + queue)
            """
        let words = ["/usr/bin/python3", "-c", prelude + "\n" + program + "\nconnection.close()", url]
        let (text, status) = try await onThread {
            let child = try ChildProcess(words)
            return (String(decoding: child.readToEnd(), as: UTF8.self), child.wait())
        }
        try #require(status == 0, "python ended with \(status): \(text)")
        return text.split(separator: "\n").map(String.init)
    }
}
