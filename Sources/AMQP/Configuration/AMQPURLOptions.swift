/// Reads the part of an ``AMQPURL`` after the question mark.
struct AMQPURLOptions {
    private enum Name: String, CaseIterable {
        case heartbeat
        case connectionTimeout = "connection_timeout"
        case channelMax = "channel_max"
        case frameMax = "frame_max"
        case authMechanism = "auth_mechanism"
        case connectionName = "connection_name"
        case cacertfile
        case certfile
        case keyfile
        case verify
        case serverName = "server_name_indication"
    }

    private struct Value {
        let text: String
        let offset: Int
    }

    private let bytes: [UInt8]
    private let start: Int
    /// A raw '@' behind the host is a sign of a password with an unescaped '?' in it: then nothing is quoted.
    private let mayQuote: Bool
    private var values: [Name: Value] = [:]

    init(_ bytes: [UInt8], from start: Int) {
        self.bytes = bytes
        self.start = start
        mayQuote = !bytes[start...].contains(UInt8(ascii: "@"))
    }

    mutating func parse(into url: inout AMQPURL) throws(AMQPError) {
        guard start < bytes.count else { return }
        var position = start
        while true {
            let end = bytes[position...].firstIndex(of: UInt8(ascii: "&")) ?? bytes.endIndex
            try parseOption(position..<end)
            guard end < bytes.endIndex else { break }
            position = end + 1
        }
        try applyLimits(&url)
        try applyTLS(&url)
    }

    private mutating func parseOption(_ range: Range<Int>) throws(AMQPError) {
        guard let equals = bytes[range].firstIndex(of: UInt8(ascii: "=")) else {
            throw AMQPURLParser.error(range.lowerBound, "expected an option as name=value\(hint)")
        }
        let text = try PercentDecoder.decode(bytes, range.lowerBound..<equals)
        guard let name = Name(rawValue: text) else {
            let quoted = mayQuote ? " '\(text.prefix(64))'" : ""
            let known = Name.allCases.map(\.rawValue).joined(separator: ", ")
            throw AMQPURLParser.error(range.lowerBound, "unknown option\(quoted)\(hint); known are \(known)")
        }
        guard values[name] == nil else {
            throw AMQPURLParser.error(range.lowerBound, "option '\(name.rawValue)' is given twice")
        }
        let value = try PercentDecoder.decode(bytes, (equals + 1)..<range.upperBound)
        guard !value.isEmpty, !value.utf8.contains(0) else {
            throw AMQPURLParser.error(equals + 1, "expected a value for option '\(name.rawValue)'")
        }
        values[name] = Value(text: value, offset: equals + 1)
    }

    private var hint: String {
        mayQuote ? "" : " (an '@', '?' or '/' inside a password must be percent-encoded)"
    }

    // MARK: - Meaning

    private func applyLimits(_ url: inout AMQPURL) throws(AMQPError) {
        if let seconds = try number(.heartbeat, in: 0...65535) { url.heartbeat = .seconds(seconds) }
        if let milliseconds = try number(.connectionTimeout, in: 1...86_400_000) {
            url.connectionTimeout = .milliseconds(milliseconds)
        }
        if let channels = try number(.channelMax, in: 0...65535) { url.channelMax = UInt16(channels) }
        // AMQP 0-9-1 has 4096 as the least; a frame is held in memory whole, so there is a most too.
        if let size = try number(.frameMax, in: 4096...16_777_216) { url.frameMax = UInt32(size) }
        url.authMechanism = try choice(.authMechanism, ["plain": .plain, "external": .external])
        if let name = values[.connectionName] {
            guard name.text.utf8.count <= 255 else {
                throw AMQPURLParser.error(name.offset, "option 'connection_name' is longer than 255 bytes")
            }
            url.connectionName = name.text
        }
    }

    private func applyTLS(_ url: inout AMQPURL) throws(AMQPError) {
        guard var tls = url.tls else {
            // To pass over them would leave a connection open that was meant to be secured.
            for name in [Name.cacertfile, .certfile, .keyfile, .verify, .serverName] {
                guard let value = values[name] else { continue }
                throw AMQPURLParser.error(value.offset, "option '\(name.rawValue)' needs an amqps:// URL")
            }
            return
        }
        if let file = values[.cacertfile] { tls.trustRoots = .file(file.text) }
        if let chain = values[.certfile] {
            tls.clientCertificate = .init(chainFile: chain.text, keyFile: values[.keyfile]?.text)
        } else if let key = values[.keyfile] {
            throw AMQPURLParser.error(key.offset, "option 'keyfile' needs option 'certfile' too")
        }
        let verification = try choice(
            .verify,
            ["verify_peer": AMQPTLSConfiguration.Verification.full, "verify_none": .insecureNone]
        )
        tls.verification = verification ?? .full
        tls.serverName = values[.serverName]?.text
        url.tls = tls
    }

    private func number(_ name: Name, in range: ClosedRange<Int>) throws(AMQPError) -> Int? {
        guard let value = values[name] else { return nil }
        guard let number = DecimalNumber.parse(value.text.utf8, in: range) else {
            let expected = "a whole number from \(range.lowerBound) to \(range.upperBound)"
            throw AMQPURLParser.error(value.offset, "option '\(name.rawValue)': expected \(expected)")
        }
        return number
    }

    private func choice<Choice>(_ name: Name, _ choices: [String: Choice]) throws(AMQPError) -> Choice? {
        guard let value = values[name] else { return nil }
        guard let choice = choices[value.text.lowercased()] else {
            let expected = choices.keys.sorted().joined(separator: " or ")
            throw AMQPURLParser.error(value.offset, "option '\(name.rawValue)': expected \(expected)")
        }
        return choice
    }
}
