import Warren

extension ConfigurationParser {
    mutating func readBridge(_ section: inout ConfigurationSection) {
        _ = section.value("sources")?.section { readSources(&$0) }
        for sink in section.value("sinks")?.elements(expected: "a list of sinks") ?? [] { readSink(sink) }
    }

    // MARK: - Sources

    private mutating func readSources(_ section: inout ConfigurationSection) {
        configuration.sources.stdin = section.value("stdin")?.section { section in
            var stdin = BridgeConfiguration.StandardInput()
            section.read("at_end", into: &stdin.atEnd) { $0.choice() }
            return stdin
        }
        if let unix = section.value("unix") {
            let path = unix.section(shorthand: "path") { section in
                section.required("path", "where the socket is")?.socketPath()
            }
            if case let path?? = path { configuration.sources.unix = .init(path: path) }
            postpone(unix)
        }
        if let http = section.value("http") {
            configuration.sources.http = http.section(shorthand: "listen") { readHTTP(&$0) }
            postpone(http)
        }
    }

    private mutating func readHTTP(_ section: inout ConfigurationSection) -> BridgeConfiguration.HTTPListener {
        var http = BridgeConfiguration.HTTPListener()
        if let listen = section.value("listen") {
            places.listen = listen
            if let address = listen.listenAddress() { (http.host, http.port) = address }
        }
        if let token = section.secret("token", "a token") {
            if token.value.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F }) {
                http.token = Secret(token.value)
            } else {
                token.source.report("a token with other characters than visible ASCII")
            }
        }
        return http
    }

    // MARK: - Sinks

    private mutating func readSink(_ value: ConfigurationValue) {
        _ = value.section { section in
            let nameValue = section.required("name", "what the sink is called")
            let name = nameValue?.name(allowed: "", "a name")
            if let name, let nameValue { checkUnique(name, nameValue) }
            let types = section.required("types", "a list of event types and patterns")?.nonEmptyPatterns()
            let target = readTarget(&section)
            guard let name, let nameValue, let types, let target else { return }
            let sink = BridgeConfiguration.Sink(name: name, types: types.map(\.value), target: target)
            configuration.sinks.append(sink)
            places.sinks.append(.init(sink: sink, name: nameValue, types: types))
        }
    }

    private mutating func checkUnique(_ name: String, _ value: ConfigurationValue) {
        let line = value.node.place.line
        if let twin = places.sinkLines.updateValue(line, forKey: name) {
            value.report("\(name.quoted) is the name of another sink, on line \(twin)")
        }
    }

    /// A file is locked by whoever writes lines to it; a device is not.
    private mutating func checkUnique(path: String, _ value: ConfigurationValue) {
        let words = path.split(separator: "/").filter { $0 != "." }
        let normal = (path.hasPrefix("/") ? "/" : "") + words.joined(separator: "/")
        guard !normal.hasPrefix("/dev/") else { return }
        let line = value.node.place.line
        if let twin = places.fileLines.updateValue(line, forKey: normal) {
            value.report("\(path.quoted) is the file of another sink, on line \(twin)")
        }
    }

    private mutating func readTarget(_ section: inout ConfigurationSection) -> BridgeConfiguration.Sink.Target? {
        let given = ["file", "stdout", "webhook"].compactMap { key in section.value(key).map { (key, $0) } }
        guard let (firstKey, first) = given.first else {
            section.report("where its events go is missing, expected 'file' or 'stdout'")
            return nil
        }
        for (_, value) in given.dropFirst() {
            value.report("given beside '\(firstKey)', expected one target for a sink")
        }
        switch firstKey {
        case "file":
            let place = first.section(shorthand: "path") { section in
                section.required("path", "the file to write to")
            }
            guard case let place?? = place, let path = place.filePath() else { return nil }
            checkUnique(path: path, place)
            return .file(path: path)
        case "stdout":
            return first.section { _ in .stdout }
        default:
            postpone(first)
            let url = first.section(shorthand: "url") { $0.url(schemes: ["http", "https"]) }
            return url.flatMap(\.self).map { .webhook(url: $0) }
        }
    }

    func postpone(_ value: ConfigurationValue) {
        reader.postpone(value.node.place, "\(value.path): not available yet, the bridge does not start with it")
    }
}
