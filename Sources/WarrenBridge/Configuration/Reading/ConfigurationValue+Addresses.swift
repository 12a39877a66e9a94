import WarrenRabbitMQ

extension ConfigurationValue {
    /// `host:port`, `[address]:port`, or a port alone on this machine's loopback.
    func listenAddress() -> (host: String, port: UInt16)? {
        let expected = "host:port, such as 127.0.0.1:7070"
        guard let text = scalar(expected: expected) else { return nil }
        let bytes = text.value.utf8
        let colon = bytes.lastIndex(of: UInt8(ascii: ":"))
        let digits = colon.map { bytes[bytes.index(after: $0)...] } ?? bytes[...]
        let host = colon.map { Self.host(bytes[..<$0]) } ?? "127.0.0.1"
        guard let host, !digits.isEmpty, digits.allSatisfy(\.isDigit), let port = UInt16(Substring(digits)) else {
            return wrong("\(text.shown), expected \(expected)")
        }
        return (host, port)
    }

    private static func host(_ bytes: Substring.UTF8View) -> String? {
        guard let first = bytes.first else { return nil }
        guard first == UInt8(ascii: "[") else {
            let isHost = bytes.allSatisfy { $0.isLetter || $0.isDigit || "-._".utf8.contains($0) }
            return isHost ? String(Substring(bytes)) : nil
        }
        let inner = bytes.dropFirst().dropLast()
        let isAddress = inner.allSatisfy { $0.isHexDigit || ":.%".utf8.contains($0) }
        guard bytes.last == UInt8(ascii: "]"), isAddress, inner.contains(UInt8(ascii: ":")) else { return nil }
        return String(Substring(inner))
    }

    /// The path of a socket: an address in the kernel holds 108 bytes, the last of them NUL.
    func socketPath() -> String? {
        guard let path = filePath() else { return nil }
        guard path.utf8.count <= 107 else {
            return wrong("a path of \(path.utf8.count) bytes, expected at most 107 for a socket")
        }
        return path
    }

    func queuePrefix() -> String? {
        let letters = "letters, digits, '_', '-', '.', ':' and '/'"
        guard let text = scalar(expected: "a text, \"\" for none") else { return nil }
        let isPrefix = text.value.utf8.allSatisfy { $0.isLetter || $0.isDigit || "_-.:/".utf8.contains($0) }
        return isPrefix ? text.value : wrong("\(text.shown), expected a text of \(letters)")
    }

    func exchangeName() -> String? {
        guard let name = queuePrefix() else { return nil }
        guard !name.isEmpty else { return wrong("an empty text, expected the name of an exchange") }
        if let reason = ReservedQueueNames.owner(of: name) { return wrong("\(name.quoted): \(reason)") }
        guard name.utf8.count <= 255 else { return wrong("a name of \(name.utf8.count) bytes, expected at most 255") }
        return name
    }
}

extension ConfigurationSection {
    /// A URL that stands at `url`, or in the file that `url_file` names.
    mutating func url(schemes: [String]) -> SecretURL? {
        let expected = "a URL that begins with \(schemes.map { "\($0)://" }.listed(by: "or"))"
        guard let url = secret("url", expected) else {
            if value("url") == nil, value("url_file") == nil { report("the key 'url' is missing: \(expected)") }
            return nil
        }
        guard schemes.contains(where: { url.value.hasPrefix("\($0)://") }) else {
            return url.source.wrong("expected \(expected)")
        }
        guard url.value.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F }) else {
            return url.source.wrong(
                "a URL holds visible ASCII only: others are percent-encoded, such as %20 for a space"
            )
        }
        let rest = url.value[(url.value.firstRange(of: "://")?.upperBound ?? url.value.endIndex)...]
        let authority = rest.prefix { $0 != "/" && $0 != "?" && $0 != "#" }
        // PostgreSQL has a socket on the same machine where no host is named.
        let hasHost = !authority.isEmpty && authority.last != "@"
        guard hasHost || !schemes.contains("http") else {
            return url.source.wrong("a URL without a host")
        }
        return SecretURL(url.value)
    }

    /// A key that may be there for the sake of files that say so, but only as `true`.
    mutating func requireTrue(_ key: String, because reason: String) {
        guard let value = value(key), value.bool() == false else { return }
        value.report("false, expected true: \(reason)")
    }
}

extension UInt8 {
    fileprivate var isHexDigit: Bool {
        isDigit || ((self | 0x20) >= UInt8(ascii: "a") && (self | 0x20) <= UInt8(ascii: "f"))
    }
}
