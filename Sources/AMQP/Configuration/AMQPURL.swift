/// An address of a broker or a cluster: `amqp://user:password@host:port,host2:port2/vhost?option=value`, or `amqps:`.
///
/// Follows RabbitMQ's [URI specification](https://www.rabbitmq.com/docs/uri-spec) and
/// [query parameters](https://www.rabbitmq.com/docs/uri-query-parameters), with these additions and decisions:
/// several hosts may be given, separated by commas; no path and a lone `/` both mean virtual host `/`; an option that
/// is not known is an error. Printing shows `***` for the password.
public struct AMQPURL: Sendable, Hashable {
    /// A host to connect to.
    public struct Host: Sendable, Hashable, CustomStringConvertible {
        /// A name or an address; an IPv6 address is without brackets.
        public var name: String

        /// The TCP port.
        public var port: UInt16

        /// Creates a host.
        public init(name: String, port: UInt16) {
            self.name = name
            self.port = port
        }

        /// `host:port`, with brackets where the host is an IPv6 address.
        public var description: String { IPLiteral.target(name, port) }
    }

    /// How the client proves who it is (SASL mechanism).
    public struct AuthMechanism: Sendable, Hashable, CustomStringConvertible {
        /// The name of the mechanism as the option has it.
        public let description: String

        /// User and password.
        public static let plain = AuthMechanism(description: "plain")

        /// The client's TLS certificate.
        public static let external = AuthMechanism(description: "external")
    }

    /// The port of AMQP without TLS.
    public static let defaultPort: UInt16 = 5672

    /// The port of AMQP over TLS.
    public static let defaultTLSPort: UInt16 = 5671

    /// The user.
    ///
    /// Default: `guest`, whom a broker lets in from its own machine only.
    public var user = "guest"

    private var secret = Redacted("guest")

    /// The password.
    ///
    /// Default: `guest`.
    public var password: String {
        get { secret.value }
        set { secret = Redacted(newValue) }
    }

    /// The hosts, at least one, each a way to the same broker or cluster.
    ///
    /// Default: `localhost`.
    public var hosts: [Host] = []

    /// The virtual host.
    ///
    /// Default: `/`.
    public var vhost = "/"

    /// How to secure the connection; `nil` for `amqp:`.
    ///
    /// Options: `cacertfile`, `certfile`, `keyfile`, `verify` (`verify_peer` or `verify_none`),
    /// `server_name_indication`.
    public var tls: AMQPTLSConfiguration?

    /// Option `heartbeat`, in whole seconds, 0 for none; `nil` when not given.
    public var heartbeat: Duration?

    /// Option `connection_timeout`, in milliseconds: from the first look-up to the open connection.
    public var connectionTimeout: Duration?

    /// Option `channel_max`: the most channels on a connection, 0 for as many as the broker allows.
    public var channelMax: UInt16?

    /// Option `frame_max`, in bytes: the largest frame, from 4096.
    public var frameMax: UInt32?

    /// Option `auth_mechanism`: `plain` or `external`.
    public var authMechanism: AuthMechanism?

    /// Option `connection_name`: what the broker's management pages call the connection.
    public var connectionName: String?

    /// Creates `amqp://guest:guest@localhost:5672/`, a broker on the same machine as it comes.
    public init() {
        hosts = [Host(name: "localhost", port: Self.defaultPort)]
    }

    /// Parses a URL.
    ///
    /// - Throws: ``AMQPError`` (`invalidURL`) that says what is wrong, at which byte, and what was expected. It never
    ///   quotes what could be part of a password.
    public init(_ text: String) throws(AMQPError) {
        // rabbitmq-c's own parser knows one host and no options, and works by changing its input.
        var parser = AMQPURLParser(text)
        self = try parser.parse()
    }

    /// What the parser begins with.
    init(tls: AMQPTLSConfiguration?) {
        self.tls = tls
    }
}

extension AMQPURL: CustomStringConvertible {
    /// The URL with `***` for the password.
    ///
    /// Parsing it gives the same value but for the password.
    public var description: String {
        let scheme = tls == nil ? "amqp" : "amqps"
        let places = hosts.map { host in
            let name =
                host.name.contains(":") ? "[\(Self.encode(host.name, alsoAllowed: ":"))]" : Self.encode(host.name)
            return "\(name):\(host.port)"
        }
        let query = options.map { "\($0.name)=\(Self.encode($0.value))" }.joined(separator: "&")
        let path = "\(Self.encode(user)):***@\(places.joined(separator: ","))/\(Self.encode(vhost))"
        return "\(scheme)://\(path)\(query.isEmpty ? "" : "?\(query)")"
    }

    private var options: [(name: String, value: String)] {
        var options: [(name: String, value: String?)] = [
            ("heartbeat", heartbeat.map { String($0.wholeUnits(of: .seconds(1))) }),
            ("connection_timeout", connectionTimeout.map { String($0.wholeUnits(of: .milliseconds(1))) }),
            ("channel_max", channelMax.map { String($0) }),
            ("frame_max", frameMax.map { String($0) }),
            ("auth_mechanism", authMechanism?.description),
            ("connection_name", connectionName),
        ]
        if let tls {
            if case .file(let path) = tls.trustRoots.kind { options.append(("cacertfile", path)) }
            options.append(("certfile", tls.clientCertificate?.chainFile))
            options.append(("keyfile", tls.clientCertificate?.keyFile))
            options.append(("verify", tls.verification == .insecureNone ? "verify_none" : nil))
            options.append(("server_name_indication", tls.serverName))
        }
        return options.compactMap { option in option.value.map { (option.name, $0) } }
    }

    /// Percent-encodes all but the characters that RFC 3986 reserves for no purpose.
    private static func encode(_ text: String, alsoAllowed: Unicode.Scalar? = nil) -> String {
        var result = ""
        for byte in text.utf8 {
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "_"),
                UInt8(ascii: "~"):
                result.unicodeScalars.append(Unicode.Scalar(byte))
            case let byte where alsoAllowed?.value == UInt32(byte):
                result.unicodeScalars.append(Unicode.Scalar(byte))
            default:
                result += (byte < 16 ? "%0" : "%") + String(byte, radix: 16, uppercase: true)
            }
        }
        return result
    }
}

extension Duration {
    /// Rounded up: half a second must not become none, which would turn heartbeats off.
    func wholeUnits(of unit: Duration) -> Int128 {
        let (units, rest) = attoseconds.quotientAndRemainder(dividingBy: unit.attoseconds)
        return rest > 0 ? units + 1 : units
    }
}
