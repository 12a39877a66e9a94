extension Duration {
    /// Reads a time such as `500ms`, `10s`, `1.5s`, `2m`, `1h` or `7d`; `nil` when it is none, or longer than a million
    /// hours.
    package init?(parsing text: String) {
        let number = text.utf8.prefix { $0.isDigit || $0 == UInt8(ascii: ".") }
        let units: [String: Int64] = [
            "ms": 1_000_000, "s": 1_000_000_000, "m": 60_000_000_000, "h": 3_600_000_000_000, "d": 86_400_000_000_000,
        ]
        guard let unit = units[String(text[number.endIndex...])] else { return nil }
        let parts = number.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
        guard let whole = parts.first, !whole.isEmpty, whole.count <= 10, parts.count <= 2 else { return nil }
        var nanoseconds = Self.value(of: whole) * Int128(unit)
        if parts.count == 2 {
            guard !parts[1].isEmpty, parts[1].count <= 9 else { return nil }
            let scale = parts[1].reduce(Int128(1)) { scale, _ in scale * 10 }
            nanoseconds += Self.value(of: parts[1]) * Int128(unit) / scale
        }
        guard nanoseconds <= 1_000_000 * 3_600_000_000_000 else { return nil }
        self = .nanoseconds(Int64(nanoseconds))
    }

    private static func value(of digits: some Sequence<UInt8>) -> Int128 {
        digits.reduce(0) { $0 * 10 + Int128($1 - UInt8(ascii: "0")) }
    }
}

extension UInt8 {
    fileprivate var isDigit: Bool { self >= UInt8(ascii: "0") && self <= UInt8(ascii: "9") }
}
