extension BridgeConfiguration {
    /// `bridge.sources`: each is there when its key is.
    package struct Sources: Sendable, Hashable {
        package var stdin: StandardInput?
        package var unix: UnixSocket?
        package var http: HTTPListener?

        package var isEmpty: Bool { stdin == nil && unix == nil && http == nil }

        package init() {}
    }

    /// `bridge.sources.stdin`: NDJSON, one event a line.
    package struct StandardInput: Sendable, Hashable {
        /// `at_end`: what the end of the input means.
        package var atEnd = AtEnd.exit

        package init() {}

        package enum AtEnd: String, Sendable, CaseIterable {
            /// The bridge drains and ends, too.
            case exit
            /// The other sources and the sinks go on.
            case `continue`
        }
    }

    /// `bridge.sources.unix`.
    package struct UnixSocket: Sendable, Hashable {
        /// At most 107 bytes: more do not fit into an address.
        package var path: String

        package init(path: String) {
            self.path = path
        }
    }

    /// `bridge.sources.http`.
    package struct HTTPListener: Sendable, Hashable {
        /// An address or a name; without brackets.
        package var host = "127.0.0.1"
        package var port: UInt16 = 7070

        /// What a caller has to bring as bearer token, if anything.
        package var token: Secret?

        package init() {}
    }
}
