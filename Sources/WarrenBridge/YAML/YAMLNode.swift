/// A value in a YAML text and where it begins.
package struct YAMLNode: Sendable {
    package enum Content: Sendable {
        /// A text; a plain one has no quotes round it and is no block.
        case scalar(String, isPlain: Bool)
        case sequence([YAMLNode])
        case mapping([YAMLMember])
        /// An alias: it was already reported as a problem.
        case unusable
    }

    package let content: Content
    package let place: TextPlace

    /// Whether nothing stands there, or `null`.
    package var isNull: Bool {
        guard case .scalar(let text, isPlain: true) = content else { return false }
        return ["", "~", "null", "Null", "NULL"].contains(text)
    }

    package var isEmptySequence: Bool {
        if case .sequence(let elements) = content { elements.isEmpty } else { false }
    }
}

/// A key with its value.
package struct YAMLMember: Sendable {
    package let key: String
    /// Where the key begins.
    package let place: TextPlace
    package let value: YAMLNode
}
