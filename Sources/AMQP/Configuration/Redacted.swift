/// A secret that no printing shows: not `print`, not `debugPrint`, not `dump`, not inside another value.
struct Redacted: Sendable, Hashable, CustomStringConvertible, CustomReflectable {
    let value: String

    init(_ value: String) {
        self.value = value
    }

    var description: String { "***" }

    var customMirror: Mirror { Mirror(self, children: []) }
}
