import WarrenRuntime

extension Connection {
    /// Whom to log in as: the provider's answer, else the URL's user with the newest secret.
    ///
    /// For the I/O thread, which it blocks until `deadline` at most.
    func credentials(until deadline: MonotonicTime) throws(AMQPError) -> AMQPCredentials {
        guard !settings.external, let provider = settings.credentials else {
            var credentials = settings.urlCredentials
            if let newest = secret.withLock({ $0 }) { credentials.password = newest.value }
            return credentials
        }
        let answer = OneShot<Result<AMQPCredentials, AMQPError>>()
        // Nobody may wait for a provider longer than the deadline, not even who closes the client.
        let asking = Task { [waker] in
            do {
                answer.fulfil(.success(try await provider.credentials()))
            } catch {
                answer.fulfil(.failure(.noCredentials("the provider threw \(error)")))
            }
            waker.wake()
        }
        defer { asking.cancel() }
        while true {
            if let answer = answer.current { return try answer.get() }
            if core.withLock({ core in core.phase == .closing }) {
                throw AMQPError(.closed, "the client is closing")
            }
            guard clock.now < deadline else {
                throw .noCredentials("the provider did not answer within \(settings.connectTimeout)")
            }
            waker.sleep(timeout: clock.blockingTimeout(until: deadline))
        }
    }

    /// Tells the broker of a new secret, and uses it for every later login; one that the broker refuses is forgotten.
    func updateSecret(_ new: String, reason: String) async throws(AMQPError) {
        let previous = secret.withLock { secret in
            let previous = secret
            secret = Redacted(new)
            return previous
        }
        let shot = OneShot<Result<Void, AMQPError>>()
        perform { core, effects in core.updateSecret(Array(new.utf8), reason, shot, into: &effects) }
        do throws(AMQPError) {
            try await result(of: shot, within: settings.operationTimeout, "connection.update-secret").get()
        } catch {
            guard error.code == .loginRefused || error.code == .invalidArgument else { throw error }
            secret.withLock { secret in
                if secret?.value == new { secret = previous }
            }
            throw error
        }
    }
}

extension ConnectionCore {
    /// Sends the new secret; without a connection there is nobody to tell.
    mutating func updateSecret(
        _ secret: [UInt8],
        _ reason: String,
        _ shot: OneShot<Result<Void, AMQPError>>,
        into effects: inout Effects
    ) {
        if let refusal { return effects.failed.append((shot, refusal)) }
        guard case .up = phase else { return effects.done.append(shot) }
        do throws(AMQPError) {
            try send(.connectionUpdateSecret(secret: secret, reason: reason), on: 0)
            secretUpdates.append(shot)
        } catch {
            effects.failed.append((shot, error))
        }
    }

    /// - Throws: when nothing was updated.
    mutating func secretUpdated(into effects: inout Effects) throws(WireError) {
        guard !secretUpdates.isEmpty else { throw WireError("connection.update-secret-ok that was not asked for") }
        effects.done.append(secretUpdates.removeFirst())
    }

    /// The connection is gone: because the broker refused the secret, or the next one will begin with it.
    mutating func secretUpdatesLost(_ error: AMQPError, into effects: inout Effects) {
        let code: AMQPError.Code? =
            switch error.reply?.code {
            case 403, 530: .loginRefused
            case 501, 503, 540: .notSupported
            default: nil
            }
        for shot in secretUpdates {
            if let code {
                effects.failed.append((shot, AMQPError(code, "the new secret: \(error)", reply: error.reply)))
            } else {
                effects.done.append(shot)
            }
        }
        secretUpdates = []
    }
}

extension AMQPError {
    fileprivate static func noCredentials(_ why: String) -> AMQPError {
        AMQPError(.noCredentials, "no credentials to log in with: \(why)")
    }
}
