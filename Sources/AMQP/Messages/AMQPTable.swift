/// A field table: keys and values in the order they were put in.
public struct AMQPTable: Sendable, Hashable {
    /// One key and its value.
    public struct Entry: Sendable, Hashable {
        /// At most 255 bytes of UTF-8.
        public var key: String
        /// The value.
        public var value: AMQPValue

        /// Creates an entry.
        public init(key: String, value: AMQPValue) {
            self.key = key
            self.value = value
        }
    }

    /// The entries, in order.
    public private(set) var entries: [Entry]

    /// Creates a table; a key that stands twice is kept twice, as on the wire.
    public init(_ entries: [Entry] = []) {
        self.entries = entries
    }

    /// The first value of a key.
    ///
    /// Setting replaces it or appends one; setting `nil` removes the key.
    public subscript(key: String) -> AMQPValue? {
        get { entries.first { $0.key == key }?.value }
        set {
            guard let newValue else {
                entries.removeAll { $0.key == key }
                return
            }
            if let index = entries.firstIndex(where: { $0.key == key }) {
                entries[index].value = newValue
            } else {
                entries.append(Entry(key: key, value: newValue))
            }
        }
    }

    /// How many entries there are.
    public var count: Int { entries.count }

    /// Whether there is none.
    public var isEmpty: Bool { entries.isEmpty }
}

extension AMQPTable: ExpressibleByDictionaryLiteral, Sequence {
    /// A table from a literal, in its order.
    public init(dictionaryLiteral elements: (String, AMQPValue)...) {
        self.init(elements.map { Entry(key: $0.0, value: $0.1) })
    }

    /// Iterates in order.
    public func makeIterator() -> IndexingIterator<[Entry]> {
        entries.makeIterator()
    }
}
