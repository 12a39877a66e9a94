import Glibc

/// Asks a port whether a broker is behind it.
enum BrokerProbe {
    /// Frame type, channel, size, class and method: as much as tells `connection.start` from anything else.
    private static let prefixLength = 11

    /// Whether the port answers the AMQP 0-9-1 protocol header with `connection.start`.
    ///
    /// Blocks for a second at most.
    static func answers(port: Int) throws(WarrenTestingError) -> Bool {
        guard let connection = try TCPSocket.connected(port: port) else { return false }
        connection.send(Array("AMQP".utf8) + [0, 0, 9, 1])
        guard TCPSocket.awaitReadable(connection, milliseconds: 1000) else { return false }
        var bytes = [UInt8](repeating: 0, count: prefixLength)
        let count = unsafe bytes.withUnsafeMutableBytes { buffer in
            unsafe recv(connection.number, buffer.baseAddress, buffer.count, 0)
        }
        return count == prefixLength && bytes[0] == 1 && Array(bytes[7..<11]) == [0, 10, 0, 10]
    }
}
