/// A client that is not ours: Python with `pika`.
package enum Python {
    /// Runs a program in which `connection` and `channel` are open, and `get` waits for a message of a queue.
    ///
    /// It is killed after 40 s.
    ///
    /// - Returns: the lines that it prints.
    /// - Throws: what ``Workshop/run(_:environment:within:)`` throws.
    @discardableResult
    package static func run(_ program: String, url: String) async throws -> [String] {
        let prelude = """
            import datetime, decimal, json, pika, sys
            connection = pika.BlockingConnection(pika.URLParameters(sys.argv[1]))
            channel = connection.channel()
            def get(queue):
                for _ in range(400):
                    answer = channel.basic_get(queue, auto_ack=True)
                    if answer[0]: return answer
                    connection.sleep(0.05)
                sys.exit('nothing came to ' + queue)
            """
        return try await Workshop.shared().run(
            ["/usr/bin/python3", "-c", prelude + "\n" + program + "\nconnection.close()", url]
        )
    }
}
