/// How an entity that exists differs from its declaration: what a broker says with 406 `PRECONDITION_FAILED`.
public struct AMQPConflict: Sendable, Hashable, CustomStringConvertible {
    /// What was declared: `queue` or `exchange`.
    public let kind: String
    /// Its name.
    public let name: String
    /// In what they differ: `durable`, `auto_delete`, `type`, `internal`, or an argument such as `x-max-length`.
    public let argument: String
    /// The declared value, as the broker writes it; `nil`: none was declared.
    public let expected: String?
    /// The value of the entity that exists; `nil`: it has none.
    public let actual: String?

    /// One line.
    public var description: String {
        func text(_ value: String?) -> String { value.map { "'\($0)'" } ?? "none" }
        return "\(kind) '\(name)' exists with another \(argument): expected \(text(expected)), it has \(text(actual))"
    }
}

extension AMQPConflict {
    /// Reads a reply such as `PRECONDITION_FAILED - inequivalent arg 'durable' for queue 'q' in vhost '/': received
    /// 'false' but current is 'true'`.
    ///
    /// RabbitMQ 3.10 to 4 write it alike, and cut it at 255 bytes; what has no `but current` is not read.
    init?(_ reply: AMQPReply) {
        guard reply.code == 406 else { return nil }
        var text = Substring(reply.text)
        guard text.skip(through: "inequivalent arg '"), let argument = text.take(upTo: "' for "),
            let kind = text.take(upTo: " '"), kind == "queue" || kind == "exchange",
            let name = text.take(upTo: "' in vhost '"), text.skip(through: "': received "),
            let received = text.takeLast(upTo: " but current is ")
        else { return nil }
        self.kind = String(kind)
        self.name = String(name)
        self.argument = String(argument)
        expected = Self.value(received)
        actual = Self.value(text)
    }

    /// `'true'`, `none`, or `the value '5' of type 'long'`.
    private static func value(_ text: Substring) -> String? {
        if text == "none" { return nil }
        var rest = text
        guard rest.skip(through: "'") else { return String(text) }
        if text.hasPrefix("the value '"), let value = rest.takeLast(upTo: "' of type '") { return String(value) }
        return String(rest.hasSuffix("'") ? rest.dropLast() : rest)
    }
}

extension Substring {
    /// Skips up to and over the first `mark`.
    fileprivate mutating func skip(through mark: String) -> Bool {
        take(upTo: mark) != nil
    }

    /// What stands before the first `mark`; goes on behind it.
    fileprivate mutating func take(upTo mark: String) -> Substring? {
        var start = startIndex
        while start < endIndex {
            if self[start...].hasPrefix(mark) { return split(at: start, mark) }
            formIndex(after: &start)
        }
        return nil
    }

    /// What stands before the last `mark`; goes on behind it.
    fileprivate mutating func takeLast(upTo mark: String) -> Substring? {
        var start = endIndex
        while start > startIndex {
            formIndex(before: &start)
            if self[start...].hasPrefix(mark) { return split(at: start, mark) }
        }
        return nil
    }

    private mutating func split(at start: Index, _ mark: String) -> Substring {
        let head = self[..<start]
        self = self[start...].dropFirst(mark.count)
        return head
    }
}
