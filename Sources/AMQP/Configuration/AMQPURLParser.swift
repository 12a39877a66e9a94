/// Reads an ``AMQPURL`` byte by byte, so that every error has its place.
struct AMQPURLParser {
    private let bytes: [UInt8]
    private var url = AMQPURL(tls: nil)

    init(_ text: String) {
        bytes = Array(text.utf8)
    }

    mutating func parse() throws(AMQPError) -> AMQPURL {
        try refuseControls()
        let authority = try parseScheme()
        let end = bytes[authority...].firstIndex { "/?#".utf8.contains($0) } ?? bytes.endIndex
        try parseAuthority(authority..<end)
        if let fragment = bytes[end...].firstIndex(of: UInt8(ascii: "#")) {
            throw error(fragment, "a '#' has no meaning here; inside a name or password it is written %23")
        }
        let query = bytes[end...].firstIndex(of: UInt8(ascii: "?"))
        try parsePath(end..<(query ?? bytes.endIndex))
        if let query {
            var options = AMQPURLOptions(bytes, from: query + 1)
            try options.parse(into: &url)
        }
        return url
    }

    private func refuseControls() throws(AMQPError) {
        guard let index = bytes.firstIndex(where: { $0 <= 0x20 || $0 == 0x7F }) else { return }
        throw error(index, "spaces and control characters must be percent-encoded")
    }

    /// Returns where the authority begins.
    private mutating func parseScheme() throws(AMQPError) -> Int {
        for (scheme, tls) in [("amqp://", nil), ("amqps://", AMQPTLSConfiguration())] {
            let head = String(decoding: bytes.prefix(scheme.utf8.count), as: UTF8.self)
            guard head.lowercased() == scheme else { continue }
            url.tls = tls
            return scheme.utf8.count
        }
        throw error(0, "expected amqp:// or amqps://")
    }

    // MARK: - Authority

    private mutating func parseAuthority(_ range: Range<Int>) throws(AMQPError) {
        let ats = range.filter { bytes[$0] == UInt8(ascii: "@") }
        if ats.count > 1 {
            throw error(ats[0], "more than one '@': inside a user name or password it is written %40")
        }
        if let at = ats.first {
            try parseUser(range.lowerBound..<at)
        }
        var start = ats.first.map { $0 + 1 } ?? range.lowerBound
        guard start < range.upperBound else {
            url.hosts = [AMQPURL.Host(name: "localhost", port: defaultPort)]
            return
        }
        while true {
            let comma = bytes[start..<range.upperBound].firstIndex(of: UInt8(ascii: ","))
            let isOnly = comma == nil && url.hosts.isEmpty
            url.hosts.append(try parseHost(start..<(comma ?? range.upperBound), mayBeEmpty: isOnly))
            guard let comma else { return }
            start = comma + 1
        }
    }

    private mutating func parseUser(_ range: Range<Int>) throws(AMQPError) {
        let colon = bytes[range].firstIndex(of: UInt8(ascii: ":"))
        url.user = try credential(range.lowerBound..<(colon ?? range.upperBound))
        guard let colon else { return }
        if let second = bytes[(colon + 1)..<range.upperBound].firstIndex(of: UInt8(ascii: ":")) {
            throw error(second, "a ':' inside a user name or password is written %3A")
        }
        url.password = try credential((colon + 1)..<range.upperBound)
    }

    private func credential(_ range: Range<Int>) throws(AMQPError) -> String {
        let text = try PercentDecoder.decode(bytes, range)
        // SASL PLAIN separates user and password by NUL (RFC 4616).
        guard !text.utf8.contains(0) else {
            throw error(range.lowerBound, "a user name or password cannot hold the character NUL (%00)")
        }
        return text
    }

    private func parseHost(_ range: Range<Int>, mayBeEmpty: Bool) throws(AMQPError) -> AMQPURL.Host {
        guard bytes[range].first == UInt8(ascii: "[") else {
            let colon = bytes[range].firstIndex(of: UInt8(ascii: ":"))
            let port = try parsePort(colon, end: range.upperBound)
            let name = try hostName(range.lowerBound..<(colon ?? range.upperBound))
            guard !name.isEmpty || mayBeEmpty else {
                throw error(range.lowerBound, "expected a host between the commas")
            }
            return AMQPURL.Host(name: name.isEmpty ? "localhost" : name, port: port)
        }
        guard let bracket = bytes[range].firstIndex(of: UInt8(ascii: "]")) else {
            throw error(range.lowerBound, "expected ']' after the IPv6 address")
        }
        let name = try PercentDecoder.decode(bytes, (range.lowerBound + 1)..<bracket)
        guard IPLiteral.isIPv6(name), !name.utf8.contains(0) else {
            throw error(range.lowerBound + 1, "expected an IPv6 address between the brackets")
        }
        let after = bracket + 1
        guard after == range.upperBound || bytes[after] == UInt8(ascii: ":") else {
            throw error(after, "expected ':' and a port, or the end of the host, after ']'")
        }
        return AMQPURL.Host(
            name: name,
            port: try parsePort(after == range.upperBound ? nil : after, end: range.upperBound)
        )
    }

    private func hostName(_ range: Range<Int>) throws(AMQPError) -> String {
        let name = try PercentDecoder.decode(bytes, range)
        guard !name.utf8.contains(where: { $0 <= 0x20 || $0 == 0x7F || ":/?#[]@,%".utf8.contains($0) }) else {
            throw error(range.lowerBound, "the host holds a character that no host name has")
        }
        return name
    }

    private func parsePort(_ colon: Int?, end: Int) throws(AMQPError) -> UInt16 {
        guard let colon else { return defaultPort }
        if bytes[(colon + 1)..<end].contains(UInt8(ascii: ":")) {
            throw error(colon, "more than one ':' in a host: an IPv6 address is written in brackets")
        }
        let digits = bytes[(colon + 1)..<end]
        guard let port = DecimalNumber.parse(digits, in: 1...65535) else {
            throw error(colon + 1, "expected a port from 1 to 65535")
        }
        return UInt16(port)
    }

    private var defaultPort: UInt16 { url.tls == nil ? AMQPURL.defaultPort : AMQPURL.defaultTLSPort }

    // MARK: - Path

    private mutating func parsePath(_ range: Range<Int>) throws(AMQPError) {
        guard range.count > 1 else { return }
        let start = range.lowerBound + 1
        if let slash = bytes[start..<range.upperBound].firstIndex(of: UInt8(ascii: "/")) {
            throw error(slash, "a '/' inside the virtual host is written %2F")
        }
        let vhost = try PercentDecoder.decode(bytes, start..<range.upperBound)
        guard vhost.utf8.count <= 255 else {
            throw error(start, "the virtual host is longer than 255 bytes")
        }
        url.vhost = vhost
    }

    private func error(_ offset: Int, _ problem: String) -> AMQPError {
        AMQPURLParser.error(offset, problem)
    }

    static func error(_ offset: Int, _ problem: String) -> AMQPError {
        AMQPError(.invalidURL, "invalid AMQP URL, byte \(offset): \(problem)")
    }
}
