/// What a JSON value is.
package enum JSONKind: Sendable, Hashable {
    case object
    case array
    case string
    case number
    case boolean
    case null
}

/// Where a JSON value lies in its text, and what it is.
package struct JSONSpan: Sendable, Hashable {
    package let kind: JSONKind
    package let range: Range<Int>

    package init(kind: JSONKind, range: Range<Int>) {
        self.kind = kind
        self.range = range
    }
}

/// One member of an object: the key with its quotes, and the value.
package struct JSONMember: Sendable, Hashable {
    package let key: Range<Int>
    package let value: JSONSpan
}
