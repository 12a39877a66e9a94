/// Builds the tree of a ``YAMLDocument`` from events.
///
/// What makes the text as a whole unusable is thrown; other problems are collected, so that one run finds all.
struct YAMLComposer {
    private(set) var problems: [YAMLProblem] = []
    private let limits: YAMLDocument.Limits
    private var nodes = 0

    init(limits: YAMLDocument.Limits) {
        self.limits = limits
    }

    /// The root of the one document there is, if there is any.
    mutating func document(from reader: inout YAMLEventReader) throws(YAMLProblem) -> YAMLNode? {
        var root: YAMLNode?
        while true {
            let event = try reader.next()
            switch event.kind {
            case .end: return root
            case .documentStart:
                guard root == nil else {
                    throw YAMLProblem(event.place, "a second document begins here, expected one in a file")
                }
                root = try node(try reader.next(), from: &reader, depth: 0)
            default: continue
            }
        }
    }

    /// The value that begins with `event`.
    private mutating func node(
        _ event: YAMLEvent,
        from reader: inout YAMLEventReader,
        depth: Int
    ) throws(YAMLProblem) -> YAMLNode {
        try count(event, depth: depth)
        switch event.kind {
        case .scalar(let text, let isPlain):
            return YAMLNode(content: .scalar(text, isPlain: isPlain), place: event.place)
        case .sequenceStart:
            var elements: [YAMLNode] = []
            while true {
                let next = try reader.next()
                if case .sequenceEnd = next.kind { break }
                elements.append(try node(next, from: &reader, depth: depth + 1))
            }
            return YAMLNode(content: .sequence(elements), place: event.place)
        case .mappingStart:
            let members = try members(from: &reader, depth: depth + 1)
            return YAMLNode(content: .mapping(members), place: event.place)
        case .alias:
            let reason = "an alias ('*' and a name) is not supported: write the value itself, or quotes round a pattern"
            problems.append(YAMLProblem(event.place, reason))
            return YAMLNode(content: .unusable, place: event.place)
        case .end, .documentStart, .sequenceEnd, .mappingEnd, .other:
            throw YAMLProblem(event.place, "expected a value")
        }
    }

    private mutating func members(
        from reader: inout YAMLEventReader,
        depth: Int
    ) throws(YAMLProblem) -> [YAMLMember] {
        var members: [YAMLMember] = []
        var places: [String: TextPlace] = [:]
        while true {
            let event = try reader.next()
            if case .mappingEnd = event.kind { return members }
            let key = try node(event, from: &reader, depth: depth)
            let value = try node(try reader.next(), from: &reader, depth: depth)
            guard case .scalar(let name, let isPlain) = key.content else {
                if case .unusable = key.content { continue }
                problems.append(YAMLProblem(key.place, "a key must be a text"))
                continue
            }
            if name == "<<", isPlain {
                problems.append(
                    YAMLProblem(key.place, "a merge key ('<<') is not supported: write the keys themselves")
                )
            } else if let first = places[name] {
                let reason = "the key \(name.quoted) stands a second time, first on line \(first.line)"
                problems.append(YAMLProblem(key.place, reason))
            } else {
                places[name] = key.place
                members.append(YAMLMember(key: name, place: key.place, value: value))
            }
        }
    }

    private mutating func count(_ event: YAMLEvent, depth: Int) throws(YAMLProblem) {
        nodes += 1
        guard nodes <= limits.nodes else {
            throw YAMLProblem(event.place, "more than \(limits.nodes) keys and values")
        }
        guard depth <= limits.depth else {
            throw YAMLProblem(event.place, "nested more than \(limits.depth) levels deep")
        }
        if event.isAnchored {
            problems.append(YAMLProblem(event.place, "an anchor ('&' and a name) is not supported"))
        }
        if event.isTagged { problems.append(YAMLProblem(event.place, "a tag ('!' and a name) is not supported")) }
    }
}
