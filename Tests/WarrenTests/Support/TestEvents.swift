import Warren

struct Counted: Event, Equatable {
    static let type = "Test.Counted"

    var number: Int

    init(_ number: Int) {
        self.number = number
    }
}

struct Followed: Event, Equatable {
    static let type = "Test.Followed"

    var number: Int
}

/// An event that has something of its own in it, and cannot be written.
struct Unwritable: Event {
    static let type = "Test.Unwritable"

    let thing = Thing()

    init() {}

    init(from decoder: any Decoder) throws {
        throw DecodingError.dataCorrupted(.init(codingPath: [], debugDescription: "never"))
    }

    func encode(to encoder: any Encoder) throws {
        throw EncodingError.invalidValue(thing, .init(codingPath: [], debugDescription: "a thing is a thing"))
    }
}

final class Thing: Sendable {}

struct Refused: Error {}
