import WarrenBridge

extension YAMLNode {
    /// The tree in one line: `{a@1:1 "x"@1:4 plain …}`, to compare with.
    var outline: String {
        switch content {
        case .scalar(let text, let isPlain): (isPlain ? text : "\"\(text)\"") + "@\(place)"
        case .sequence(let elements): "[\(elements.map(\.outline).joined(separator: " "))]@\(place)"
        case .mapping(let members):
            "{\(members.map { "\($0.key)@\($0.place): \($0.value.outline)" }.joined(separator: ", "))}@\(place)"
        case .unusable: "?@\(place)"
        }
    }
}
