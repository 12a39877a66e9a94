/// Decodes `%XX` (RFC 3986, section 2.1).
enum PercentDecoder {
    /// - Throws: ``AMQPError`` (`invalidURL`) for a broken escape, and for what is not UTF-8 when decoded.
    static func decode(_ bytes: [UInt8], _ range: Range<Int>) throws(AMQPError) -> String {
        var decoded: [UInt8] = []
        decoded.reserveCapacity(range.count)
        var index = range.lowerBound
        while index < range.upperBound {
            guard bytes[index] == UInt8(ascii: "%") else {
                decoded.append(bytes[index])
                index += 1
                continue
            }
            guard index + 2 < range.upperBound,
                let high = Character(Unicode.Scalar(bytes[index + 1])).hexDigitValue,
                let low = Character(Unicode.Scalar(bytes[index + 2])).hexDigitValue
            else {
                throw AMQPURLParser.error(
                    index,
                    "expected two hexadecimal digits after '%'; a '%' itself is written %25"
                )
            }
            decoded.append(UInt8(high << 4 | low))
            index += 3
        }
        guard let text = String(validating: decoded, as: UTF8.self) else {
            throw AMQPURLParser.error(range.lowerBound, "the percent-encoded bytes are not UTF-8")
        }
        return text
    }
}
