extension JSONScanner {
    /// Passes an object and shows each of its members, in order, as soon as the member was found valid.
    ///
    /// - Returns: false, having passed nothing, when what stands here is no object.
    package mutating func object(_ body: (JSONMember) -> Void) throws(JSONError) -> Bool {
        skipWhitespace()
        guard take(UInt8(ascii: "{")) else { return false }
        skipWhitespace()
        if take(UInt8(ascii: "}")) { return true }
        repeat {
            let key = try key()
            body(JSONMember(key: key, value: try value()))
            skipWhitespace()
        } while take(UInt8(ascii: ","))
        guard take(UInt8(ascii: "}")) else { throw unexpected("',' or '}'") }
        return true
    }
}
