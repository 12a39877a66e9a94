/// The parts of an AMQP URL that the test kit needs.
struct BrokerAddress: Sendable, Hashable {
    /// As it was given.
    let url: String
    let port: Int
    let isTLS: Bool

    /// The URL up to the vhost.
    private let base: String

    /// - Throws: ``WarrenTestingError`` with `.invalidArgument` when it is not `amqp://` or `amqps://` with a host.
    init(_ url: String) throws(WarrenTestingError) {
        func refusal(_ reason: String) -> WarrenTestingError {
            WarrenTestingError(.invalidArgument, "\(LocalBroker.variable) is no AMQP URL: \(reason)")
        }
        let schemes = [("amqp://", 5672, false), ("amqps://", 5671, true)]
        guard let (scheme, defaultPort, isTLS) = schemes.first(where: { url.hasPrefix($0.0) }) else {
            throw refusal("it must begin with amqp:// or amqps://")
        }
        let authority = url.dropFirst(scheme.count).prefix { $0 != "/" && $0 != "?" }
        let host = authority.split(separator: "@", omittingEmptySubsequences: false).last ?? ""
        guard !host.isEmpty else { throw refusal("it names no host") }
        // A colon inside the brackets of an IPv6 address is not the port's.
        let afterHost = host.lastIndex(of: "]").map { host[$0...] } ?? host
        var port = defaultPort
        if let colon = afterHost.lastIndex(of: ":") {
            guard let number = UInt16(afterHost[afterHost.index(after: colon)...]), number > 0 else {
                throw refusal("its port is no number from 1 to 65535")
            }
            port = Int(number)
        }
        self.url = url
        self.port = port
        self.isTLS = isTLS
        base = "\(scheme)\(authority)"
    }

    /// The same broker with another vhost, percent-encoded.
    func url(vhost: String) -> String {
        let unreserved = Set("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~".utf8)
        let digits = Array("0123456789ABCDEF")
        return vhost.utf8.reduce(into: "\(base)/") { url, byte in
            if unreserved.contains(byte) {
                url.unicodeScalars.append(UnicodeScalar(byte))
            } else {
                url += "%\(digits[Int(byte >> 4)])\(digits[Int(byte & 15)])"
            }
        }
    }
}
