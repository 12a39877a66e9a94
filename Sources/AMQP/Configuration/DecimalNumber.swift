/// Parses decimal numbers as RFC 3986 ports and our options have them: digits only, no sign.
enum DecimalNumber {
    static func parse(_ digits: some Collection<UInt8>, in range: ClosedRange<Int>) -> Int? {
        guard !digits.isEmpty, digits.allSatisfy({ (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }),
            let number = Int(String(decoding: digits, as: UTF8.self)),
            range.contains(number)
        else { return nil }
        return number
    }
}
