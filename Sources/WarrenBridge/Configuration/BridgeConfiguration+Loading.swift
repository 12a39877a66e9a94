extension BridgeConfiguration {
    /// Reads a configuration from a file; `${NAME}` in it stands for what `environment` has of this name.
    ///
    /// The error has all that is wrong with the file, or why it could not be read.
    package static func load(
        path: String,
        environment: [String: String]
    ) throws(ConfigurationError) -> BridgeConfiguration {
        let bytes: [UInt8]
        do throws(TextFile.Failure) {
            bytes = try TextFile.bytes(at: path, limit: YAMLDocument.Limits().size)
        } catch {
            throw ConfigurationError([ConfigurationProblem(file: path, place: nil, message: error.message)])
        }
        return try parse(bytes, file: path, environment: environment)
    }

    /// Reads a configuration from a text, which errors call `file`.
    package static func parse(
        text: String,
        file: String,
        environment: [String: String]
    ) throws(ConfigurationError) -> BridgeConfiguration {
        try parse(Array(text.utf8), file: file, environment: environment)
    }

    private static func parse(
        _ bytes: [UInt8],
        file: String,
        environment: [String: String]
    ) throws(ConfigurationError) -> BridgeConfiguration {
        let document = YAMLDocument(bytes)
        let reader = ConfigurationReader(file: file, environment: environment)
        for problem in document.problems { reader.report(problem.place, problem.message) }
        var parser = ConfigurationParser(reader: reader)
        if let root = document.root { parser.read(root) }
        guard reader.problems.isEmpty else { throw ConfigurationError(reader.problems) }
        ConfigurationReview(parser.configuration, parser.places).run()
        var configuration = parser.configuration
        configuration.notYetAvailable = reader.notYetAvailable
        configuration.warnings = reader.warnings
        return configuration
    }
}
