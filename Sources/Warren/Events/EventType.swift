/// The type of an event that may be published: words of ASCII letters, digits, `_` and `-` joined by dots.
///
/// A first word in upper camel case makes it one of the three published forms, else it is plain. A `.v2` at the end is
/// not part of the name: it is the event's version.
public struct EventType: Sendable, Hashable, CustomStringConvertible {
    /// What the name says about where the event comes from.
    public enum Form: Sendable, Hashable {
        /// `{Entity}.{Action}`, such as `Order.Created`: something happened inside one service's domain.
        case domain
        /// `{Service}.{Entity}.{Action}`, such as `Billing.Invoice.Sent`: other services may build on it.
        case integration
        /// `System.{Component}.{Event}`, such as `System.Disk.Full`.
        case system
        /// Anything else, such as `user.logged_in`.
        case plain
    }

    /// The longest name, in bytes: it is an AMQP routing key.
    public static let maximumLength = 255

    /// The name without the version: also the routing key.
    public let name: String

    /// The version that stood at the end, `"2"` for `.v2`.
    public let version: String?

    /// The form of the name.
    public let form: Form

    /// Takes a type that somebody wants to publish.
    ///
    /// - Throws: ``EventError`` with code `invalidType`, saying what is wrong with which word.
    public init(_ text: String) throws(EventError) {
        (name, version) = Self.splittingVersion(text)
        form = try Self.form(of: name)
    }

    /// The name, with the version where there is one.
    public var description: String { version.map { "\(name).v\($0)" } ?? name }

    /// Splits `Order.Created.v2` into `Order.Created` and `2`; works on any text, legal or not.
    public static func splittingVersion(_ text: String) -> (name: String, version: String?) {
        let bytes = text.utf8.span
        var digits = bytes.count
        while digits > 0, bytes[digits - 1].isDigit { digits -= 1 }
        guard digits < bytes.count, bytes[digits] != UInt8(ascii: "0"), digits > 2,
            bytes[digits - 1] == UInt8(ascii: "v"), bytes[digits - 2] == UInt8(ascii: ".")
        else { return (text, nil) }
        let name = text.utf8.prefix(digits - 2)
        return (String(Substring(name)), String(Substring(text.utf8.dropFirst(digits))))
    }

    // MARK: - Words

    /// The form of a name; it is checked at every publish, so what is wrong is looked for only where something is.
    private static func form(of name: String) throws(EventError) -> Form {
        let bytes = name.utf8.span
        guard !bytes.isEmpty else { throw EventError(.invalidType, "the event type is empty") }
        guard bytes.count <= maximumLength else {
            throw EventError(.invalidType, "the event type has \(bytes.count) bytes, at most \(maximumLength) fit")
        }
        var isUpperCamel = bytes[0].isUpperLetter
        var words = 1
        var start = 0
        for index in bytes.indices {
            let byte = bytes[index]
            if byte.isLetter { continue }
            guard index > start else { throw wrongWord(at: start, in: name) }
            if byte == UInt8(ascii: ".") {
                words += 1
                start = index + 1
            } else if byte == UInt8(ascii: "_") || byte == UInt8(ascii: "-") {
                if words == 1 { isUpperCamel = false }
            } else if !byte.isDigit {
                throw wrongWord(at: start, in: name)
            }
        }
        guard start < bytes.count else { throw wrongWord(at: start, in: name) }
        guard isUpperCamel else { return .plain }
        switch words {
        case 2: return .domain
        case 3: return name.hasPrefix("System.") ? .system : .integration
        default: throw wrongNumber(of: words, in: name)
        }
    }

    private static func wrongWord(at start: Int, in name: String) -> EventError {
        let word = String(Substring(name.utf8.dropFirst(start).prefix { $0 != UInt8(ascii: ".") }))
        let reason = word.isEmpty ? "has an empty word" : "has the word '\(word)'"
        let rule = "words begin with a letter and hold letters, digits, '_' and '-', joined by single dots"
        return EventError(.invalidType, "the event type '\(name)' \(reason): \(rule)")
    }

    private static func wrongNumber(of words: Int, in name: String) -> EventError {
        let forms = "'Entity.Action', 'Service.Entity.Action' or 'System.Component.Event'"
        let reason = "begins with a capital and has \(words == 1 ? "one word" : "\(words) words")"
        return EventError(.invalidType, "the event type '\(name)' \(reason): such types have the form \(forms)")
    }
}

extension UInt8 {
    fileprivate var isUpperLetter: Bool { self >= UInt8(ascii: "A") && self <= UInt8(ascii: "Z") }

    fileprivate var isLetter: Bool {
        let lower = self | 0x20
        return lower >= UInt8(ascii: "a") && lower <= UInt8(ascii: "z")
    }
}
