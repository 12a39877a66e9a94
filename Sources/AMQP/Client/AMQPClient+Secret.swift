extension AMQPClient {
    /// Replaces the password, or the OAuth 2 token, on both connections as they are, and for every later login.
    ///
    /// A connection that is not open, or is lost meanwhile, begins its next login with it. Where the configuration has
    /// a credentials provider, that is asked at the next login instead.
    ///
    /// - Parameters:
    ///   - secret: the new password or token; never printed.
    ///   - reason: why, for the broker's log; at most 255 bytes.
    /// - Throws: `.loginRefused` when the broker refuses it: then the old one stays; `.notSupported` by a broker that
    ///   does not know how; `.invalidArgument`, `.timedOut`, `.cancelled`, `.closed`.
    public func updateSecret(_ secret: String, reason: String) async throws(AMQPError) {
        async let first = update(publishing, secret, reason)
        let second = await update(consuming, secret, reason)
        try await first.get()
        try second.get()
    }

    private func update(
        _ connection: Connection,
        _ secret: String,
        _ reason: String
    ) async -> Result<Void, AMQPError> {
        do throws(AMQPError) {
            return .success(try await connection.updateSecret(secret, reason: reason))
        } catch {
            return .failure(error)
        }
    }
}
