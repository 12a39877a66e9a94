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
        guard !name.isEmpty else { throw EventError(.invalidType, "the event type is empty") }
        guard name.utf8.count <= Self.maximumLength else {
            let length = name.utf8.count
            throw EventError(.invalidType, "the event type has \(length) bytes, at most \(Self.maximumLength) fit")
        }
        let words = name.utf8.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
        for word in words where !Self.isWord(word) {
            let reason = word.isEmpty ? "has an empty word" : "has the word '\(String(Substring(word)))'"
            let rule = "words begin with a letter and hold letters, digits, '_' and '-', joined by single dots"
            throw EventError(.invalidType, "the event type '\(name)' \(reason): \(rule)")
        }
        form = try Self.form(of: name, words: words)
    }

    /// The name, with the version where there is one.
    public var description: String { version.map { "\(name).v\($0)" } ?? name }

    /// Splits `Order.Created.v2` into `Order.Created` and `2`; works on any text, legal or not.
    public static func splittingVersion(_ text: String) -> (name: String, version: String?) {
        let bytes = text.utf8
        guard let dot = bytes.lastIndex(of: UInt8(ascii: ".")), dot > bytes.startIndex else { return (text, nil) }
        let suffix = bytes[bytes.index(after: dot)...]
        let digits = suffix.dropFirst()
        guard suffix.first == UInt8(ascii: "v"), let first = digits.first, first != UInt8(ascii: "0"),
            digits.allSatisfy(\.isDigit)
        else { return (text, nil) }
        return (String(text[..<dot]), String(Substring(digits)))
    }

    // MARK: - Words

    private static func isWord(_ word: Substring.UTF8View) -> Bool {
        guard let first = word.first, first.isLetter else { return false }
        return word.allSatisfy { $0.isLetter || $0.isDigit || $0 == UInt8(ascii: "_") || $0 == UInt8(ascii: "-") }
    }

    private static func isUpperCamel(_ word: Substring.UTF8View) -> Bool {
        guard let first = word.first, first >= UInt8(ascii: "A"), first <= UInt8(ascii: "Z") else { return false }
        return word.allSatisfy { $0.isLetter || $0.isDigit }
    }

    private static func form(of name: String, words: [Substring.UTF8View]) throws(EventError) -> Form {
        guard let first = words.first, isUpperCamel(first) else { return .plain }
        switch words.count {
        case 2: return .domain
        case 3: return String(Substring(first)) == "System" ? .system : .integration
        default:
            let forms = "'Entity.Action', 'Service.Entity.Action' or 'System.Component.Event'"
            let reason = "begins with a capital and has \(words.count == 1 ? "one word" : "\(words.count) words")"
            throw EventError(.invalidType, "the event type '\(name)' \(reason): such types have the form \(forms)")
        }
    }
}

extension UInt8 {
    fileprivate var isLetter: Bool {
        let lower = self | 0x20
        return lower >= UInt8(ascii: "a") && lower <= UInt8(ascii: "z")
    }
}
