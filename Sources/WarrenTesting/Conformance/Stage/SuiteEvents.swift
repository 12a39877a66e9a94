internal import Warren

/// The event of most checks.
struct Noted: Event, Hashable, Comparable {
    static let type = "Suite.Noted"

    var number: Int
    var text: String

    init(_ number: Int, _ text: String = "") {
        self.number = number
        self.text = text
    }

    static func < (left: Noted, right: Noted) -> Bool { (left.number, left.text) < (right.number, right.text) }
}

/// Another event, which follows from the first.
struct Answered: Event, Hashable {
    static let type = "Suite.Answered"

    var number: Int
}

/// An event with its version in its type.
struct NotedAgain: Event, Hashable {
    static let type = "Suite.Noted.v2"

    var number: Int
}

/// An event that JSON has no number for when the amount is none.
struct Measured: Event {
    static let type = "Suite.Measured"

    var amount: Double
}

struct Misnamed: Event {
    static let type = "Suite..Misnamed"
}

/// Why a handler of a check fails.
struct Refusal: Error, CustomStringConvertible {
    let description: String

    init(_ description: String = "not today") {
        self.description = description
    }
}

/// Why a handler of a check fails, and would for ever.
struct Hopeless: Error {}

extension EventEnvelope {
    /// An event of any type, with JSON as data.
    init(_ type: String, _ json: String, source: String = "conformance", version: String? = nil) throws {
        self.init(type: try EventType(type), source: source, payload: try EventPayload(json: Array(json.utf8)))
        if let version { self.version = version }
    }
}
