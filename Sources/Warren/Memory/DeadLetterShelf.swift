internal import WarrenRuntime

/// The dead letters of one subscription of this process, whoever has its name: at most so many, the oldest go.
final class DeadLetterShelf: Sendable {
    /// A dead letter with its place among the others.
    struct Entry: Sendable {
        fileprivate let number: Int
        let letter: DeadLetter
    }

    private struct State {
        var entries: [Entry] = []
        var nextNumber = 0
    }

    private let capacity: Int
    private let state = Locked(State())

    init(capacity: Int) {
        self.capacity = capacity
    }

    var all: [DeadLetter] { state.withLock { $0.entries.map(\.letter) } }

    func add(_ letter: DeadLetter) {
        state.withLock { state in
            if state.entries.count >= capacity { state.entries.removeFirst() }
            state.entries.append(Entry(number: state.nextNumber, letter: letter))
            state.nextNumber += 1
        }
    }

    /// Takes the oldest that are meant off the shelf, at most `limit`.
    func take(_ filter: DeadLetterFilter, limit: Int) -> [Entry] {
        state.withLock { state in
            var taken: [Entry] = []
            state.entries.removeAll { entry in
                guard taken.count < limit, filter.matches(entry.letter.head) else { return false }
                taken.append(entry)
                return true
            }
            return taken
        }
    }

    /// Puts one back where it was.
    func putBack(_ entry: Entry) {
        state.withLock { state in
            // As when it had never been taken: full of newer ones, the shelf would have let it go.
            guard state.entries.count < capacity else { return }
            let place = state.entries.firstIndex { $0.number > entry.number } ?? state.entries.endIndex
            state.entries.insert(entry, at: place)
        }
    }
}
