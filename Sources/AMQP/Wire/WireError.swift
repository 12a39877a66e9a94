/// Bytes from the peer that break the protocol: what was found, and what the rule is.
struct WireError: Error, Hashable {
    let message: String

    init(_ message: String) {
        self.message = message
    }
}
