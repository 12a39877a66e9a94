import CLinux
import Glibc

/// A dedicated operating-system thread with a name and a stack of its own.
///
/// The thread is detached: who wants to know of its end has the body say so.
package enum IOThread {
    private final class Start {
        let body: @Sendable () -> Void
        let name: String

        init(name: String, body: @escaping @Sendable () -> Void) {
            self.name = name
            self.body = body
        }
    }

    /// Decoding nested tables recurses in the C library: a small stack could be overrun by a hostile peer.
    package static let stackSize = 16 << 20

    /// Starts the thread.
    ///
    /// - Parameters:
    ///   - name: shown by `top -H` and debuggers; the kernel keeps 15 bytes of it.
    ///   - body: what the thread does.
    /// - Throws: ``SystemError`` when the system cannot give another thread.
    package static func start(name: String, _ body: @escaping @Sendable () -> Void) throws(SystemError) {
        var attributes = pthread_attr_t()
        unsafe pthread_attr_init(&attributes)
        defer { unsafe pthread_attr_destroy(&attributes) }
        unsafe pthread_attr_setstacksize(&attributes, stackSize)
        unsafe pthread_attr_setdetachstate(&attributes, Int32(PTHREAD_CREATE_DETACHED))
        let start = unsafe Unmanaged.passRetained(Start(name: String(name.prefix(15)), body: body))
        var thread = pthread_t()
        let code = unsafe pthread_create(
            &thread,
            &attributes,
            { argument in
                guard let argument = unsafe argument else { return nil }
                let start = unsafe Unmanaged<Start>.fromOpaque(argument).takeRetainedValue()
                unsafe pthread_setname_np(pthread_self(), start.name)
                start.body()
                return nil
            },
            start.toOpaque()
        )
        guard code == 0 else {
            unsafe start.release()
            throw SystemError(call: "pthread_create", code: code)
        }
    }
}
