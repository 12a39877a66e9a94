/// Why a connection to the broker could not be made.
package struct TransportError: Error, Hashable, CustomStringConvertible {
    package enum Kind: Hashable {
        /// The host name has no address.
        case resolve
        /// No address took the connection.
        case connect
        /// The TLS handshake failed.
        case tls
        /// The deadline passed.
        case timedOut
        /// The owner asked to stop.
        case interrupted
    }

    package let kind: Kind

    /// One sentence with host, port and reason.
    package let message: String

    package init(_ kind: Kind, _ message: String) {
        self.kind = kind
        self.message = message
    }

    package var description: String { message }
}
