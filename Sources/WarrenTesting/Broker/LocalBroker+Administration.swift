extension LocalBroker {
    /// Runs `rabbitmqctl --silent` with these arguments on the first node; see ``Node/rabbitmqctl(_:within:)``.
    @discardableResult
    public func rabbitmqctl(_ arguments: [String], within limit: Duration = .seconds(60)) async throws -> String {
        try await nodes[0].rabbitmqctl(arguments, within: limit)
    }

    /// Adds a vhost in which the user `guest` may do everything.
    ///
    /// It takes some 20 ms.
    ///
    /// - Returns: the address of the vhost on the first node.
    /// - Throws: ``WarrenTestingError`` with `.commandFailed` and the broker's reason.
    @discardableResult
    public func addVhost(_ name: String) async throws -> String {
        let vhost = Self.erlangBinary(name)
        let everything = Self.erlangBinary(".*")
        try await nodes[0].evaluate(
            """
            ok = rabbit_vhost:add(\(vhost), <<"test">>),
            ok = rabbit_auth_backend_internal:set_permissions(
                <<"guest">>, \(vhost), \(everything), \(everything), \(everything), <<"test">>).
            """
        )
        return url(vhost: name)
    }

    /// Removes a vhost with all that is in it; its connections are closed.
    ///
    /// - Throws: ``WarrenTestingError`` with `.commandFailed` and the broker's reason.
    public func removeVhost(_ name: String) async throws {
        try await nodes[0].evaluate("rabbit_vhost:delete(\(Self.erlangBinary(name)), <<\"test\">>).")
    }

    /// Has the first node write to its disk what was declared.
    ///
    /// RabbitMQ 3.10 answers a declaration before. The place of a quorum queue it writes some seconds late, and one that is
    /// killed before starts with an empty queue that never answers; of durable classic queues, killed some hundred
    /// milliseconds after the answer, one in a hundred is gone.
    ///
    /// - Throws: ``WarrenTestingError`` with `.commandFailed` and the broker's reason.
    public func settle() async throws {
        try await nodes[0].evaluate("[ok = dets:sync(Table) || Table <- dets:all()], _ = mnesia:sync_log(), ok.")
    }

    /// Adds a user with a password and full rights in the vhost `/`.
    ///
    /// - Throws: ``WarrenTestingError`` with `.commandFailed` and the broker's reason.
    public func addUser(_ name: String, password: String) async throws {
        try await rabbitmqctl(["add_user", name, password])
        try await rabbitmqctl(["set_permissions", "-p", "/", name, ".*", ".*", ".*"])
    }

    /// Lends a vhost of its own to `body`, by its address, and removes it.
    ///
    /// - Throws: ``WarrenTestingError`` from adding or removing it, and what `body` throws.
    public func withVhost<Result>(_ body: (_ url: String) async throws -> Result) async throws -> Result {
        let name = "test-\(UInt64.random(in: 0 ... .max))"
        let url = try await addVhost(name)
        do {
            let result = try await body(url)
            try await removeVhost(name)
            return result
        } catch {
            try? await removeVhost(name)
            throw error
        }
    }

    /// Any text as an Erlang binary, byte by byte: nothing in it can be taken for code.
    private static func erlangBinary(_ text: String) -> String {
        "<<\(text.utf8.map { "\($0)" }.joined(separator: ","))>>"
    }
}
