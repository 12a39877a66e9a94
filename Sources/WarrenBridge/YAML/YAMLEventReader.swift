import CYAML

/// Walks over a YAML text with libyaml's event parser.
///
/// `@safe`: it owns the parser and the input that the parser reads from, and lends neither.
@safe
struct YAMLEventReader: ~Copyable {
    private let parser: UnsafeMutablePointer<yaml_parser_t>
    private let input: UnsafeMutableBufferPointer<UInt8>

    init(_ text: [UInt8]) throws(YAMLProblem) {
        unsafe parser = .allocate(capacity: 1)
        unsafe input = .allocate(capacity: text.count)
        _ = unsafe input.initialize(from: text)
        guard unsafe yaml_parser_initialize(parser) == 1 else {
            unsafe parser.deallocate()
            unsafe input.deallocate()
            throw YAMLProblem(TextPlace(line: 1, column: 1), "out of memory")
        }
        unsafe yaml_parser_set_input_string(parser, input.baseAddress, input.count)
    }

    deinit {
        unsafe yaml_parser_delete(parser)
        unsafe parser.deallocate()
        unsafe input.deallocate()
    }

    /// The next step; after ``YAMLEvent/Kind/end`` and after an error there is none.
    mutating func next() throws(YAMLProblem) -> YAMLEvent {
        var event = unsafe yaml_event_t()
        guard unsafe yaml_parser_parse(parser, &event) == 1 else { throw problem }
        defer { unsafe yaml_event_delete(&event) }
        let place = unsafe TextPlace(event.start_mark)
        switch unsafe event.type {
        case YAML_STREAM_END_EVENT: return YAMLEvent(kind: .end, place: place)
        case YAML_DOCUMENT_START_EVENT: return YAMLEvent(kind: .documentStart, place: place)
        case YAML_ALIAS_EVENT: return YAMLEvent(kind: .alias, place: place)
        case YAML_SCALAR_EVENT:
            let scalar = unsafe event.data.scalar
            let bytes = unsafe UnsafeBufferPointer(start: scalar.value, count: scalar.length)
            let isPlain = unsafe scalar.style == YAML_PLAIN_SCALAR_STYLE
            return unsafe YAMLEvent(
                kind: .scalar(String(decoding: bytes, as: UTF8.self), isPlain: isPlain),
                place: place,
                isAnchored: scalar.anchor != nil,
                isTagged: scalar.tag != nil
            )
        case YAML_SEQUENCE_START_EVENT:
            let start = unsafe event.data.sequence_start
            return unsafe YAMLEvent(
                kind: .sequenceStart,
                place: place,
                isAnchored: start.anchor != nil,
                isTagged: start.tag != nil
            )
        case YAML_MAPPING_START_EVENT:
            let start = unsafe event.data.mapping_start
            return unsafe YAMLEvent(
                kind: .mappingStart,
                place: place,
                isAnchored: start.anchor != nil,
                isTagged: start.tag != nil
            )
        case YAML_SEQUENCE_END_EVENT: return YAMLEvent(kind: .sequenceEnd, place: place)
        case YAML_MAPPING_END_EVENT: return YAMLEvent(kind: .mappingEnd, place: place)
        default: return YAMLEvent(kind: .other, place: place)
        }
    }

    // MARK: - Problems

    /// Why the parser went no further; libyaml's sentences quote nothing of the text.
    private var problem: YAMLProblem {
        guard unsafe parser.pointee.error != YAML_MEMORY_ERROR else {
            return unsafe YAMLProblem(TextPlace(parser.pointee.mark), "out of memory")
        }
        let reason = unsafe Self.text(parser.pointee.problem) ?? "not YAML"
        guard unsafe parser.pointee.error != YAML_READER_ERROR else {
            return YAMLProblem(unreadablePlace, reason)
        }
        let place = unsafe TextPlace(parser.pointee.problem_mark)
        guard let context = unsafe Self.text(parser.pointee.context) else { return YAMLProblem(place, reason) }
        let start = unsafe TextPlace(parser.pointee.context_mark)
        let beginning = start == place ? "" : " that begins at \(start)"
        return YAMLProblem(place, "\(reason), \(context)\(beginning)\(Self.hint(reason, context))")
    }

    /// What else to say where the reason is a character that only looks harmless.
    private static func hint(_ reason: String, _ context: String) -> String {
        if context == "while scanning an alias" { return ": put quotes round a text that begins with '*'" }
        guard reason == "found character that cannot start any token" else { return "" }
        return ": put quotes round the text, or spaces for a tab"
    }

    /// A character that no YAML text may hold is known by its offset only.
    private var unreadablePlace: TextPlace {
        let offset = unsafe min(parser.pointee.problem_offset, input.count)
        let before = unsafe UnsafeBufferPointer(rebasing: input[..<offset])
        let lineStart = unsafe before.lastIndex(of: UInt8(ascii: "\n")).map { $0 + 1 } ?? 0
        let lines = unsafe before.count { $0 == UInt8(ascii: "\n") }
        // Bytes 10xxxxxx go on with a code point.
        let column = unsafe before[lineStart...].count { $0 & 0xC0 != 0x80 }
        return TextPlace(line: lines + 1, column: column + 1)
    }

    private static func text(_ text: UnsafePointer<CChar>?) -> String? {
        unsafe text.flatMap { unsafe String(validatingCString: $0) }
    }
}

extension TextPlace {
    fileprivate init(_ mark: yaml_mark_t) {
        self.init(line: mark.line + 1, column: mark.column + 1)
    }
}
