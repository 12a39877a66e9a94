extension ScriptedBroker.Connection {
    /// Waits for the next frame.
    ///
    /// - Parameter limit: how long to wait. Default: 10 s.
    /// - Returns: the frame; the next call gives the one after it.
    /// - Throws: ``WarrenTestingError`` with `.timedOut`, `.peerClosed` when the connection ended before, or
    ///   `.malformedFrame` when the client sent what is no frame; `CancellationError` when the task is cancelled.
    public func next(within limit: Duration = .seconds(10)) async throws -> ScriptedBroker.Frame {
        try await next("a frame", within: limit) { _ in true }
    }

    /// Waits for the next frame with a method, passing over all others.
    ///
    /// - Parameters:
    ///   - method: the method.
    ///   - limit: how long to wait. Default: 10 s.
    /// - Returns: the frame.
    /// - Throws: as ``next(within:)``.
    public func next(
        _ method: ScriptedBroker.Method,
        within limit: Duration = .seconds(10)
    ) async throws -> ScriptedBroker.Frame {
        try await next("\(method)", within: limit) { $0.method == method }
    }

    /// Waits for the next frame that fits, passing over all others.
    ///
    /// - Parameters:
    ///   - what: what is waited for, in words, for the error.
    ///   - limit: how long to wait. Default: 10 s.
    ///   - fits: says whether it is the one.
    /// - Returns: the frame.
    /// - Throws: as ``next(within:)``, and what `fits` throws.
    public func next(
        _ what: String,
        within limit: Duration = .seconds(10),
        where fits: (ScriptedBroker.Frame) throws -> Bool
    ) async throws -> ScriptedBroker.Frame {
        guard let frame = try await bell.first(within: limit, { try take(where: fits) }) else {
            let seen = frames.suffix(20).map(\.description).joined(separator: ", ")
            throw WarrenTestingError(.timedOut, "the client did not send \(what) within \(limit); it sent: \(seen)")
        }
        return frame
    }

    /// Waits for the next message that the client publishes, with all its body.
    ///
    /// - Parameter limit: how long to wait. Default: 10 s.
    /// - Returns: the message.
    /// - Throws: as ``next(within:)``.
    public func nextPublish(within limit: Duration = .seconds(10)) async throws -> ScriptedBroker.Publish {
        guard let publish = try await bell.first(within: limit, { try takePublish() }) else {
            throw WarrenTestingError(.timedOut, "the client did not publish within \(limit)")
        }
        return publish
    }

    /// Waits until the connection is over.
    ///
    /// - Parameter limit: how long to wait. Default: 10 s.
    /// - Returns: how it ended.
    /// - Throws: ``WarrenTestingError`` with `.timedOut`; `CancellationError` when the task is cancelled.
    @discardableResult
    public func ended(within limit: Duration = .seconds(10)) async throws -> End {
        guard let end = try await bell.first(within: limit, { end }) else {
            throw WarrenTestingError(.timedOut, "the connection is still open after \(limit)")
        }
        return end
    }
}
