internal import WarrenRuntime

/// What tasks of a check have noted.
final class Notes<Element: Sendable>: Sendable {
    private let elements = Locked<[Element]>([])

    func add(_ element: Element) {
        elements.withLock { $0.append(element) }
    }

    /// In the order in which they came.
    var all: [Element] { elements.withLock { $0 } }

    var count: Int { all.count }
}
