import WarrenRuntime

/// A mapping whose keys are known beforehand.
struct ConfigurationSection {
    let place: TextPlace
    private let path: String
    private let members: [YAMLMember]
    private let reader: ConfigurationReader
    /// The keys that were asked for.
    private var known: [String] = []

    init(_ members: [YAMLMember], place: TextPlace, path: String, reader: ConfigurationReader) {
        self.members = members
        self.place = place
        self.path = path
        self.reader = reader
    }

    /// The value of a key, if it is there.
    mutating func value(_ key: String) -> ConfigurationValue? {
        if !known.contains(key) { known.append(key) }
        return members.first { $0.key == key }.map { member in
            ConfigurationValue(node: member.value, path: path(to: key), reader: reader)
        }
    }

    /// The value of a key that must be there.
    mutating func required(_ key: String, _ what: String) -> ConfigurationValue? {
        guard let value = value(key) else {
            report("the key '\(key)' is missing: \(what)")
            return nil
        }
        return value
    }

    /// Puts the value of a key where it belongs, if it is there and right.
    mutating func read<Value>(
        _ key: String,
        into target: inout Value,
        _ decode: (ConfigurationValue) -> Value?
    ) {
        if let value = value(key).flatMap(decode) { target = value }
    }

    /// Reports a problem with the mapping as a whole.
    func report(_ message: String) {
        reader.report(place, path.isEmpty ? message : "\(path): \(message)")
    }

    func reportUnknownKeys() {
        for member in members where !known.contains(member.key) {
            let hint =
                Spelling.nearest(to: member.key, among: known).map { "did you mean '\($0)'?" }
                ?? "expected \(known.isEmpty ? "none" : known.listed(by: "or"))"
            reader.report(member.place, "\(path(to: member.key)): unknown key, \(hint)")
        }
    }

    private func path(to key: String) -> String {
        let isPlain = key.utf8.allSatisfy { $0.isLetter || $0.isDigit || $0 == UInt8(ascii: "_") }
        guard isPlain, !key.isEmpty, key.utf8.count <= 60 else { return "\(path)[\(key.quoted)]" }
        return path.isEmpty ? key : "\(path).\(key)"
    }
}

extension [String] {
    /// `a, b or c`.
    func listed(by conjunction: String) -> String {
        guard let last, count > 1 else { return first ?? "" }
        return "\(dropLast().joined(separator: ", ")) \(conjunction) \(last)"
    }
}
