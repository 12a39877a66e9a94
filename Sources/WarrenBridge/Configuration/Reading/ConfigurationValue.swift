import WarrenRuntime

/// A value in the file with its path, ready to be read as what it should be.
///
/// Whatever reads it gives `nil` after it has reported what is wrong.
struct ConfigurationValue {
    let node: YAMLNode
    /// The keys that lead here, joined by dots.
    let path: String
    let reader: ConfigurationReader

    func report(_ message: String) {
        reader.report(node.place, path.isEmpty ? message : "\(path): \(message)")
    }

    /// Reports a problem with this value; gives `nil` as whatever was wanted.
    func wrong<Wanted>(_ message: String) -> Wanted? {
        report(message)
        return nil
    }

    func warn(_ message: String) {
        reader.warn(node.place, "\(path): \(message)")
    }

    /// A value of another kind: what it holds is not quoted, it may be a secret.
    func mismatch<Wanted>(expected: String) -> Wanted? {
        switch node.content {
        case .unusable: nil
        case .sequence: wrong("a list, expected \(expected)")
        case .mapping: wrong("a mapping, expected \(expected)")
        case .scalar: wrong("\(node.isNull ? "no value" : "a text"), expected \(expected)")
        }
    }

    // MARK: - Collections

    /// The elements of a list; none where nothing stands.
    func elements(expected: String) -> [ConfigurationValue]? {
        if node.isNull { return [] }
        guard case .sequence(let elements) = node.content else { return mismatch(expected: expected) }
        return elements.enumerated().map { index, element in
            ConfigurationValue(node: element, path: "\(path)[\(index)]", reader: reader)
        }
    }

    /// The entries of a mapping whose keys are free; the path of each is that of its value.
    func entries(expected: String) -> [(key: ConfigurationValue, value: ConfigurationValue)]? {
        if node.isNull { return [] }
        guard case .mapping(let members) = node.content else { return mismatch(expected: expected) }
        return members.map { member in
            let path = "\(path)[\(member.key.quoted)]"
            let key = YAMLNode(content: .scalar(member.key, isPlain: false), place: member.place)
            return (
                ConfigurationValue(node: key, path: path, reader: reader),
                ConfigurationValue(node: member.value, path: path, reader: reader)
            )
        }
    }

    /// Reads a mapping by its keys, then reports the keys that `body` did not ask for; nothing is an empty mapping.
    ///
    /// A text in the mapping's place stands for the value of its key `shorthand`.
    func section<Result>(
        shorthand: String? = nil,
        _ body: (inout ConfigurationSection) -> Result
    ) -> Result? {
        let members: [YAMLMember]
        switch node.content {
        case .mapping(let given): members = given
        case .scalar where node.isNull: members = []
        case .scalar:
            guard let shorthand else { return mismatch(expected: "a mapping") }
            members = [YAMLMember(key: shorthand, place: node.place, value: node)]
        default: return mismatch(expected: shorthand.map { "a mapping or a text (its \($0))" } ?? "a mapping")
        }
        var section = ConfigurationSection(members, place: node.place, path: path, reader: reader)
        let result = body(&section)
        section.reportUnknownKeys()
        return result
    }
}
