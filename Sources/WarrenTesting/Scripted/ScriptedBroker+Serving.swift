extension ScriptedBroker.Connection {
    /// Answers the client as a friendly broker that keeps nothing, until the connection is over.
    ///
    /// Whatever the client declares, binds, consumes or deletes is granted; in confirm mode each message is acked. After
    /// `connection.close` the connection is closed.
    ///
    /// - Parameter handle: sees each frame first; when it returns `true`, it has dealt with it and no answer is sent.
    /// - Throws: what `handle` throws; `.malformedFrame` when the client sends what is no frame; `CancellationError` when
    ///   the task is cancelled.
    public func serve(_ handle: (ScriptedBroker.Frame) async throws -> Bool = { _ in false }) async throws {
        var autopilot = Autopilot()
        while true {
            let frame: ScriptedBroker.Frame
            do {
                frame = try await next(within: .seconds(86_400))
            } catch let error as WarrenTestingError where error.code == .peerClosed {
                return
            }
            if try await handle(frame) { continue }
            send(autopilot.answers(to: frame))
            if frame.method == .connectionClose { close() }
        }
    }
}
