/// One step through a YAML text, as libyaml's event parser takes it.
struct YAMLEvent {
    enum Kind {
        case documentStart
        case scalar(String, isPlain: Bool)
        case alias
        case sequenceStart
        case sequenceEnd
        case mappingStart
        case mappingEnd
        /// The end of the text.
        case end
        /// What carries nothing: where the text begins, where a document ends.
        case other
    }

    let kind: Kind
    let place: TextPlace
    /// `&name` stands before it.
    var isAnchored = false
    /// `!tag` stands before it.
    var isTagged = false
}
