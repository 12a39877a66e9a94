/// One thing that is wrong with a configuration file: where, what, and what was expected.
package struct ConfigurationProblem: Sendable, Hashable {
    /// The file as it was named.
    package let file: String

    /// Where in the file; `nil` when the file could not be read.
    package let place: TextPlace?

    /// The path of the key and what is wrong with it, in one line and without any secret.
    package let message: String

    package init(file: String, place: TextPlace?, message: String) {
        self.file = file
        self.place = place
        self.message = message
    }
}

extension ConfigurationProblem: CustomStringConvertible {
    /// The line for an error: `FILE:LINE:COLUMN: message`.
    package var description: String { "\(location): \(message)" }

    /// The line for what is no error: `FILE:LINE:COLUMN: warning: message`.
    package var warning: String { "\(location): warning: \(message)" }

    private var location: String { place.map { "\(file):\($0)" } ?? file }
}
