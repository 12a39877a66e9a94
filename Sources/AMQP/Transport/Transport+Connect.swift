package import WarrenRuntime

extension Transport {
    /// Resolves, connects and, when asked, does the TLS handshake; blocks the calling thread until the deadline at
    /// most.
    ///
    /// - Parameters:
    ///   - host: a name or an IP literal without brackets.
    ///   - port: the TCP port.
    ///   - tls: the TLS settings, or `nil` for a plain stream. Where they give no name that the certificate must have it is
    ///     `host`.
    ///   - deadline: when to give up, on `clock`.
    ///   - clock: the clock of the deadline.
    ///   - interrupt: woken when `shouldStop` may have changed or the clock has jumped. Its wake-ups are consumed here,
    ///     so whatever else they announced has to be looked at afterwards.
    ///   - shouldStop: asked on the calling thread, before each wait.
    /// - Returns: the stream, ready for the first byte.
    /// - Throws: ``TransportError``.
    package static func connect(
        to host: String,
        port: UInt16,
        tls: TLSContext? = nil,
        deadline: MonotonicTime,
        clock: any RuntimeClock,
        interrupt: Waker,
        shouldStop: @escaping () -> Bool
    ) throws(TransportError) -> Transport {
        let patience = Patience(
            target: IPLiteral.target(host, port),
            deadline: deadline,
            clock: clock,
            interrupt: interrupt,
            shouldStop: shouldStop
        )
        var race = ConnectRace(try Resolver.resolve(host, port: port, patience: patience), patience: patience)
        let socket = try race.run()
        guard let tls else { return Transport(socket: socket, tls: nil) }
        let name = tls.serverName ?? host
        let stream = TLSStream(socket: socket, engine: try TLSEngine(tls, serverName: name, target: patience.target))
        try stream.handshake(patience)
        return Transport(socket: socket, tls: stream)
    }
}
