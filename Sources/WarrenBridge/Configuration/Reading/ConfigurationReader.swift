/// What the parts of a file are read with: the environment, and the collection of all that is wrong.
final class ConfigurationReader {
    let environment: [String: String]
    private let file: String
    private var found: [ConfigurationProblem] = []
    private var noted: [ConfigurationProblem] = []
    private var unavailable: [ConfigurationProblem] = []

    init(file: String, environment: [String: String]) {
        self.file = file
        self.environment = environment
    }

    /// In the order of the file.
    var problems: [ConfigurationProblem] { Self.sorted(found) }

    /// In the order of the file.
    var warnings: [ConfigurationProblem] { Self.sorted(noted) }

    /// In the order of the file.
    var notYetAvailable: [ConfigurationProblem] { Self.sorted(unavailable) }

    func report(_ place: TextPlace, _ message: String) {
        found.append(problem(place, message))
    }

    func warn(_ place: TextPlace, _ message: String) {
        noted.append(problem(place, message))
    }

    func postpone(_ place: TextPlace, _ message: String) {
        unavailable.append(problem(place, message))
    }

    private func problem(_ place: TextPlace, _ message: String) -> ConfigurationProblem {
        ConfigurationProblem(file: file, place: place, message: message)
    }

    private static func sorted(_ problems: [ConfigurationProblem]) -> [ConfigurationProblem] {
        let start = TextPlace(line: 1, column: 1)
        return problems.sorted { ($0.place ?? start, $0.message) < ($1.place ?? start, $1.message) }
    }
}
