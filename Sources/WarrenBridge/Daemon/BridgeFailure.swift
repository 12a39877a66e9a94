/// Why a bridge cannot begin or go on: one sentence, and what kind of thing it is.
package struct BridgeFailure: Error, Hashable, CustomStringConvertible {
    package enum Kind: Sendable, Hashable {
        /// The configuration asks for something that cannot be.
        case configuration
        /// There is no way to the broker, for good.
        case unavailable
        /// Something else gave way: a file, the input.
        case failed
    }

    package let kind: Kind
    package let message: String

    package init(_ kind: Kind, _ message: String) {
        self.kind = kind
        self.message = message
    }

    package var description: String { message }
}
