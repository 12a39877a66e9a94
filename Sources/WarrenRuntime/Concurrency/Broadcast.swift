/// Tells any number of listeners; each has a bounded buffer that keeps the newest.
package final class Broadcast<Element: Sendable>: Sendable {
    private struct State {
        var nextID = 0
        var listeners: [Int: AsyncStream<Element>.Continuation] = [:]
        var isFinished = false
    }

    private let buffer: Int
    private let state = Locked(State())

    /// - Parameter buffer: how many elements a slow listener keeps; older ones are dropped.
    package init(buffer: Int) {
        self.buffer = max(1, buffer)
    }

    /// A new listener, which hears everything from now on.
    package func listen() -> AsyncStream<Element> {
        listen { _ in }
    }

    /// `greet` tells the new listener something before anybody else does, or at the same time.
    private func listen(_ greet: (AsyncStream<Element>.Continuation) -> Void) -> AsyncStream<Element> {
        let (stream, continuation) = AsyncStream.makeStream(of: Element.self, bufferingPolicy: .bufferingNewest(buffer))
        let id = state.withLock { state -> Int? in
            guard !state.isFinished else { return nil }
            state.nextID += 1
            state.listeners[state.nextID] = continuation
            return state.nextID
        }
        greet(continuation)
        guard let id else {
            continuation.finish()
            return stream
        }
        continuation.onTermination = { [weak self] _ in
            self?.state.withLock { _ = $0.listeners.removeValue(forKey: id) }
        }
        return stream
    }

    package func send(_ element: Element) {
        for listener in state.withLock({ Array($0.listeners.values) }) { listener.yield(element) }
    }

    /// Nothing more will come.
    package func finish() {
        let listeners = state.withLock { state in
            state.isFinished = true
            let listeners = Array(state.listeners.values)
            state.listeners = [:]
            return listeners
        }
        for listener in listeners { listener.finish() }
    }
}

extension Broadcast where Element: Equatable {
    /// A new listener, which hears `current()` first and then everything from now on.
    ///
    /// The last that it hears is what is current, also when that changes just now.
    package func listen(current: () -> Element?) -> AsyncStream<Element> {
        listen { continuation in
            var told = current()
            if let told { continuation.yield(told) }
            while let now = current(), now != told {
                continuation.yield(now)
                told = now
            }
        }
    }
}
