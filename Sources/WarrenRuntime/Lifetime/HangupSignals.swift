import Synchronization

/// Turns SIGHUP into a request to open files again, as a rotation of logs sends it; without this it ends the process.
package final class HangupSignals: Sendable {
    private static let installed = Result { () throws(SystemError) in try HangupSignals() }

    private let waker: Waker
    private let broadcast = Broadcast<Void>(buffer: 1)

    /// Takes the signal over, on the first call.
    ///
    /// - Throws: ``SystemError`` when the process is out of descriptors or threads.
    package static func install() throws(SystemError) -> HangupSignals {
        try installed.get()
    }

    private init() throws(SystemError) {
        waker = try Waker()
        try IOThread.start(name: "warren-hangups") { self.listen() }
        SignalHandler.hangupDescriptor.store(waker.descriptor, ordering: .releasing)
        try SignalHandler.takeHangups()
    }

    /// The requests from now on; several that nobody has heard yet are one.
    package var requests: AsyncStream<Void> { broadcast.listen() }

    /// The thread's life.
    private func listen() {
        var heard = 0
        while true {
            waker.sleep(timeout: nil)
            // Another signal ends the sleep, too.
            let count = SignalHandler.hangups.load(ordering: .acquiring)
            guard count != heard else { continue }
            heard = count
            broadcast.send(())
        }
    }
}
