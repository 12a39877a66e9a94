extension LocalBroker {
    /// How a private broker is set up.
    ///
    /// The defaults are a bare broker: no plugin, no TLS.
    public struct Options: Sendable, Hashable {
        /// Plugins to enable, for example `rabbitmq_management`.
        ///
        /// Default: none. Any plugin makes the start slower.
        public var plugins: [String]

        /// More lines for `rabbitmq.conf`, for example `consumer_timeout = 5000`.
        ///
        /// Default: none.
        public var configuration: [String]

        /// A TLS listener beside the plain one.
        ///
        /// Default: none.
        public var tls: TLS?

        /// How long one node may take until it answers.
        ///
        /// Default: 60 s (it takes 3 s as a rule).
        public var startLimit: Duration

        /// The defaults, but for what is named.
        public init(
            plugins: [String] = [],
            configuration: [String] = [],
            tls: TLS? = nil,
            startLimit: Duration = .seconds(60)
        ) {
            self.plugins = plugins
            self.configuration = configuration
            self.tls = tls
            self.startLimit = startLimit
        }

        /// The plugins asked for, and the one that certificates log in with.
        var enabledPlugins: [String] {
            tls?.clients.logIn == true ? plugins + ["rabbitmq_auth_mechanism_ssl"] : plugins
        }
    }

    /// The certificate of a TLS listener, and what it asks of clients.
    public struct TLS: Sendable, Hashable {
        /// What the listener asks of clients.
        public struct Clients: Sendable, Hashable {
            let verify: String
            let mustShow: Bool
            let logIn: Bool

            /// It asks for no certificate (`verify_none`).
            public static let needNoCertificate = Clients(verify: "verify_none", mustShow: false, logIn: false)
            /// It verifies a certificate where the client shows one (`verify_peer`).
            public static let mayShowCertificate = Clients(verify: "verify_peer", mustShow: false, logIn: false)
            /// It refuses clients without a valid certificate (`verify_peer`, `fail_if_no_peer_cert`).
            public static let mustShowCertificate = Clients(verify: "verify_peer", mustShow: true, logIn: false)
            /// As ``mustShowCertificate``; and who shows one may log in with it instead of a password (EXTERNAL), as the
            /// user whose name is its common name.
            public static let mayLogInWithCertificate = Clients(verify: "verify_peer", mustShow: true, logIn: true)
        }

        /// The PEM file of the authority that clients' certificates are verified against.
        public var authorityFile: String
        /// The PEM file of the broker's certificate.
        public var certificateFile: String
        /// The PEM file of the broker's private key.
        public var keyFile: String
        /// What it asks of clients.
        ///
        /// Default: no certificate.
        public var clients: Clients

        /// Names the three files.
        public init(
            authorityFile: String,
            certificateFile: String,
            keyFile: String,
            clients: Clients = .needNoCertificate
        ) {
            self.authorityFile = authorityFile
            self.certificateFile = certificateFile
            self.keyFile = keyFile
            self.clients = clients
        }
    }
}
