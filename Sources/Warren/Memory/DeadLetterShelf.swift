internal import WarrenRuntime

/// The dead letters of one subscription of this process, whoever has its name: at most so many, the oldest go.
final class DeadLetterShelf: Sendable {
    private let capacity: Int
    private let letters = Locked<[DeadLetter]>([])

    init(capacity: Int) {
        self.capacity = capacity
    }

    var all: [DeadLetter] { letters.withLock { $0 } }

    func add(_ letter: DeadLetter) {
        letters.withLock { letters in
            if letters.count >= capacity { letters.removeFirst() }
            letters.append(letter)
        }
    }
}
