extension RetryPolicy {
    /// Tries again after these errors only: any other makes a dead letter at once.
    ///
    /// ```swift
    /// .exponential(maxAttempts: 5).retrying(only: ConnectionLost.self, TimedOut.self)
    /// ```
    /// - Parameter types: the types of the errors; a subclass is of its superclass's type too.
    /// - Returns: the policy with this rule.
    public func retrying(only types: any Error.Type...) -> RetryPolicy {
        retrying(onlyIf: { $0.isOne(of: types) })
    }

    /// Tries again only after errors that may pass: any other makes a dead letter at once.
    ///
    /// - Parameter mayPass: looks at what the handler threw.
    /// - Returns: the policy with this rule.
    public func retrying(onlyIf mayPass: @escaping @Sendable (any Error) -> Bool) -> RetryPolicy {
        neverRetrying(if: { !mayPass($0) })
    }

    /// Makes a dead letter at once of an event whose handler throws one of these errors.
    ///
    /// A handler can decide so for a single error by throwing a ``PermanentFailure``.
    ///
    /// - Parameter types: the types of the errors; a subclass is of its superclass's type too.
    /// - Returns: the policy with this rule.
    public func neverRetrying(_ types: any Error.Type...) -> RetryPolicy {
        neverRetrying(if: { $0.isOne(of: types) })
    }

    /// Makes a dead letter at once of an event whose handler throws an error that will not pass.
    ///
    /// - Parameter isPermanent: looks at what the handler threw.
    /// - Returns: the policy with this rule.
    public func neverRetrying(if isPermanent: @escaping @Sendable (any Error) -> Bool) -> RetryPolicy {
        var policy = self
        policy.permanence.append(isPermanent)
        return policy
    }

    /// Whether no further attempt would end better after an error.
    func isPermanent(_ error: any Error) -> Bool {
        error is PermanentFailure || permanence.contains { $0(error) }
    }
}

extension Error {
    fileprivate func isOne(of types: [any Error.Type]) -> Bool {
        func isOne<Type: Error>(of type: Type.Type) -> Bool { self is Type }
        return types.contains { isOne(of: $0) }
    }
}
