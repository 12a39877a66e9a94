/// Who logs in.
public struct AMQPCredentials: Sendable, Hashable {
    /// The user.
    public var user: String

    private var secret: Redacted

    /// The password, or an OAuth 2 token.
    ///
    /// Never printed.
    public var password: String {
        get { secret.value }
        set { secret = Redacted(newValue) }
    }

    /// Creates credentials.
    public init(user: String, password: String) {
        self.user = user
        secret = Redacted(password)
    }
}

/// Where credentials come from that change: asked before each login.
///
/// Two are equal when they are copies of one another.
public struct AMQPCredentialsProvider: Sendable, Hashable {
    private final class Source: Sendable {
        let provide: @Sendable () async throws -> AMQPCredentials

        init(_ provide: @escaping @Sendable () async throws -> AMQPCredentials) {
            self.provide = provide
        }
    }

    private let source: Source

    /// Creates a provider.
    ///
    /// - Parameter provide: gives the credentials of now. It has the connect timeout to answer, and is cancelled
    ///   then; when it throws, the connection is tried again as any other.
    public init(_ provide: @escaping @Sendable () async throws -> AMQPCredentials) {
        source = Source(provide)
    }

    func credentials() async throws -> AMQPCredentials { try await source.provide() }

    /// Whether both ask the same.
    public static func == (left: Self, right: Self) -> Bool { left.source === right.source }

    /// Hashes what `==` compares.
    public func hash(into hasher: inout Hasher) { hasher.combine(ObjectIdentifier(source)) }
}
