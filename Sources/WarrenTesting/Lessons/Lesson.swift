/// A requirement that other clients were found not to meet, the behaviour that it asks for, and the names of the tests
/// that would notice if that went.
package struct Lesson: Sendable, CustomStringConvertible {
    package let number: Int
    package let behaviour: String
    private let tests: [String]

    /// A requirement by its number, with its tests.
    package init(_ number: Int, _ behaviour: String, _ tests: String...) {
        self.number = number
        self.behaviour = behaviour
        self.tests = tests
    }

    package var description: String { "R\(number): \(behaviour)" }

    /// Those of its tests that a test target does not have.
    ///
    /// - Parameter names: the names of the tests of the target.
    /// - Returns: the missing ones; `none at all` where it names none.
    package func missing(from names: Set<String>) -> [String] {
        tests.isEmpty ? ["none at all"] : tests.filter { !names.contains($0) }
    }
}
