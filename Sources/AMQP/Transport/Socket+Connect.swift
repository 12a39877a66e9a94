import Glibc
import WarrenRuntime

extension Socket {
    enum ConnectStart {
        case connected
        case underWay
        case failed(Int32)
    }

    /// Begins to connect.
    ///
    /// When it is under way, the socket becomes writable at the end: see ``takeError()``.
    func connect(to address: SocketAddress) -> ConnectStart {
        let code = unsafe address.withSockaddr { address, length in
            unsafe Glibc.connect(descriptor, address, length) == 0 ? 0 : errno
        }
        switch code {
        case 0: return .connected
        case EINPROGRESS, EINTR: return .underWay
        default: return .failed(code)
        }
    }

    /// The error the kernel keeps for this socket; 0 when there is none.
    func takeError() -> Int32 {
        var code: Int32 = 0
        var size = socklen_t(MemoryLayout<Int32>.size)
        let result = unsafe getsockopt(descriptor, SOL_SOCKET, SO_ERROR, &code, &size)
        return result == 0 ? code : errno
    }

    /// Whether both ends are this very socket.
    ///
    /// Linux lets a connect to a free local port meet itself when it happens to draw that port as its own: then a
    /// broker that is down would seem up, and could not take its port again.
    package var isConnectedToItself: Bool {
        guard let own = unsafe name(getsockname), let peer = unsafe name(getpeername) else { return false }
        return own == peer
    }

    private func name(
        _ call: (Int32, UnsafeMutablePointer<sockaddr>, UnsafeMutablePointer<socklen_t>) -> Int32
    ) -> SocketAddress? {
        var storage = sockaddr_storage()
        var length = socklen_t(MemoryLayout<sockaddr_storage>.size)
        return unsafe withUnsafeMutablePointer(to: &storage) { storage in
            unsafe storage.withMemoryRebound(to: sockaddr.self, capacity: 1) { address in
                guard unsafe call(descriptor, address, &length) == 0 else { return nil }
                return unsafe SocketAddress(address, length: length)
            }
        }
    }
}
