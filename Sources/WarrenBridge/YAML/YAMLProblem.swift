/// What is wrong with a text as YAML, and where.
package struct YAMLProblem: Error, Hashable, CustomStringConvertible {
    package let place: TextPlace
    package let message: String

    package init(_ place: TextPlace, _ message: String) {
        self.place = place
        self.message = message
    }

    package var description: String { "\(place): \(message)" }
}
