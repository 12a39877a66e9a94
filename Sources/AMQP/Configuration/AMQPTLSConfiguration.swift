/// How a client secures its connections: whom it trusts, what it presents, what it accepts.
///
/// The defaults are what a server on the open internet needs: the system's trust roots, TLS 1.2 or later, and a
/// certificate that is valid for the host's name or address (RFC 6125, RFC 9110 section 4.3.4).
/// Files are read once, when the client is made; an unreadable one is an ``AMQPError`` (`invalidConfiguration`).
public struct AMQPTLSConfiguration: Sendable, Hashable {
    /// The authorities that may vouch for the broker.
    ///
    /// Default: the system's.
    public var trustRoots: TrustRoots

    /// What the client presents when the broker asks for a certificate.
    ///
    /// Default: nothing.
    public var clientCertificate: ClientCertificate?

    /// The oldest version of TLS that is accepted.
    ///
    /// Default: 1.2.
    public var minimumVersion: Version

    /// The name that the broker's certificate must have and that is sent as SNI.
    ///
    /// Default: the host that was dialled.
    public var serverName: String?

    /// What is checked of the broker's certificate.
    ///
    /// Default: everything.
    public var verification: Verification

    /// Creates a configuration.
    public init(
        trustRoots: TrustRoots = .systemDefault,
        clientCertificate: ClientCertificate? = nil,
        minimumVersion: Version = .tls12,
        serverName: String? = nil,
        verification: Verification = .full
    ) {
        self.trustRoots = trustRoots
        self.clientCertificate = clientCertificate
        self.minimumVersion = minimumVersion
        self.serverName = serverName
        self.verification = verification
    }
}

extension AMQPTLSConfiguration {
    /// The certificate authorities that may vouch for the broker.
    public struct TrustRoots: Sendable, Hashable, CustomStringConvertible {
        enum Kind: Hashable {
            case systemDefault
            case file(String)
            case pem(String)
        }

        let kind: Kind

        /// Those of the operating system; OpenSSL's `SSL_CERT_FILE` and `SSL_CERT_DIR` are heeded.
        public static let systemDefault = TrustRoots(kind: .systemDefault)

        /// Those in a PEM file, and no others.
        public static func file(_ path: String) -> TrustRoots { TrustRoots(kind: .file(path)) }

        /// Those in a PEM text, and no others.
        public static func pem(_ text: String) -> TrustRoots { TrustRoots(kind: .pem(text)) }

        /// Where the roots are from.
        public var description: String {
            switch kind {
            case .systemDefault: "the system's trust roots"
            case .file(let path): "the trust roots in '\(path)'"
            case .pem: "the trust roots given as PEM"
            }
        }
    }

    /// A version of the TLS protocol.
    public struct Version: Sendable, Hashable, CustomStringConvertible {
        enum Kind: Hashable {
            case tls12
            case tls13
        }

        let kind: Kind

        /// TLS 1.2 (RFC 5246).
        public static let tls12 = Version(kind: .tls12)

        /// TLS 1.3 (RFC 8446).
        public static let tls13 = Version(kind: .tls13)

        /// `TLS 1.2` or `TLS 1.3`.
        public var description: String {
            switch kind {
            case .tls12: "TLS 1.2"
            case .tls13: "TLS 1.3"
            }
        }
    }

    /// What is checked of the broker's certificate.
    public struct Verification: Sendable, Hashable, CustomStringConvertible {
        let chain: Bool
        let name: Bool

        /// It comes from a trusted authority, is valid today, and is for the host's name or address.
        public static let full = Verification(chain: true, name: true)

        /// As ``full``, but it may be for any host: whoever has a certificate from the same authority can listen in.
        public static let noHostName = Verification(chain: true, name: false)

        /// Nothing: anyone on the way can read and change everything.
        ///
        /// For experiments on one's own machine only.
        public static let insecureNone = Verification(chain: false, name: false)

        /// The name of the choice.
        public var description: String { chain ? (name ? "full" : "noHostName") : "insecureNone" }
    }

    /// A client's certificate with its key, both in PEM files.
    public struct ClientCertificate: Sendable, Hashable {
        /// The client's certificate, followed by those between it and the authority, if any.
        public var chainFile: String

        /// The private key of the first certificate; may be the same file.
        public var keyFile: String

        private var secret: Redacted?

        /// The passphrase of an encrypted key.
        ///
        /// Never printed.
        public var passphrase: String? {
            get { secret?.value }
            set { secret = newValue.map { Redacted($0) } }
        }

        /// Creates a pair of files; `keyFile` defaults to the chain file.
        public init(chainFile: String, keyFile: String? = nil, passphrase: String? = nil) {
            self.chainFile = chainFile
            self.keyFile = keyFile ?? chainFile
            self.secret = passphrase.map { Redacted($0) }
        }
    }
}
