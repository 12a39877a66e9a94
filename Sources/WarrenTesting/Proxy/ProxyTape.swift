import WarrenRuntime

/// What one side of a proxied connection has sent: written by the proxy's thread, read by anyone.
final class ProxyTape: Sendable {
    private let content = Locked<[UInt8]>([])

    var bytes: [UInt8] { content.withLock { $0 } }

    func append(_ bytes: ArraySlice<UInt8>) { content.withLock { $0 += bytes } }
}
