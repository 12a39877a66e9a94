import Testing
import Warren

@Suite("Payloads")
struct EventPayloadTests {
    @Test("keep the JSON they are given, without the white space around it")
    func json() throws {
        let payload = try EventPayload(json: Array(" {\"n\": 1.50,\n\"n\":2}\n".utf8))
        #expect(payload.isJSON)
        #expect(payload.bytes == Array("{\"n\": 1.50,\n\"n\":2}".utf8))
    }

    @Test("refuse what is not JSON, with the place")
    func invalid() {
        let error = #expect(throws: EventError.self) { try EventPayload(json: Array("{oops".utf8)) }
        #expect(error?.code == .invalidJSON)
        #expect(error?.message == "the data is not JSON: byte 1: expected a key in quotes, found 'o'")
    }
}

@Suite("Further members of an envelope")
struct JSONMembersTests {
    @Test("are found by key, the last one first, and can be taken away")
    func access() throws {
        var members = JSONMembers()
        #expect(members.isEmpty && members.keys == [])
        try members.append(key: "a\"b", json: Array("1".utf8))
        try members.append(key: "c", json: Array(" [2] ".utf8))
        try members.append(key: "a\"b", json: Array("3".utf8))
        #expect(members.keys == ["a\"b", "c", "a\"b"])
        #expect(members["a\"b"] == Array("3".utf8))
        #expect(members["c"] == Array("[2]".utf8))
        #expect(members["d"] == nil)
        members.remove("a\"b")
        #expect(members.keys == ["c"])
    }

    @Test("refuse what would break the object they stand in")
    func injection() {
        var members = JSONMembers()
        #expect(throws: EventError.self) { try members.append(key: "a", json: Array("1,\"event_id\":2".utf8)) }
        #expect(members.isEmpty)
    }
}
