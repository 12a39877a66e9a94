import Testing
import Warren

@Suite("Event types")
struct EventTypeTests {
    @Test(
        "have four forms",
        arguments: [
            ("Order.Created", EventType.Form.domain), ("Billing.Invoice.Sent", .integration),
            ("System.Disk.Full", .system), ("user.logged_in", .plain),
            ("device.42a".replacing("42a", with: "a42"), .plain),
            ("x", .plain), ("Order_x.paid", .plain), ("a.b.c.d.e", .plain), ("Order.created-late", .domain),
        ]
    )
    func forms(text: String, form: EventType.Form) throws {
        let type = try EventType(text)
        #expect(type.form == form)
        #expect(type.name == text)
        #expect(type.version == nil)
    }

    @Test(
        "lose a version at their end, and keep what only looks like one",
        arguments: [
            ("Order.Created.v2", "Order.Created", "2"), ("user.logged_in.v10", "user.logged_in", "10"),
            ("a.v1.b", "a.v1.b", nil), ("a.v0", "a.v0", nil), ("a.v01", "a.v01", nil), ("a.v", "a.v", nil),
            ("a.v1x", "a.v1x", nil), ("v1", "v1", nil), ("a.V1", "a.V1", nil), ("a.v1.v2", "a.v1", "2"),
        ]
    )
    func versions(text: String, name: String, version: String?) throws {
        let type = try EventType(text)
        #expect(type.name == name)
        #expect(type.version == version)
        #expect(type.description == text)
    }

    @Test(
        "are refused with the word that is wrong",
        arguments: [
            ("", "empty"), ("a..b", "an empty word"), (".a", "an empty word"), ("a.", "an empty word"),
            (".v1", "an empty word"),
            ("1a.b", "the word '1a'"), ("a.b c", "the word 'b c'"), ("a.ü", "the word 'ü'"), ("a.#", "the word '#'"),
            ("a.*", "the word '*'"), ("_a", "the word '_a'"), ("Order", "one word"), ("Order.v2", "one word"),
            ("Order.A.B.C", "4 words"), (String(repeating: "a", count: 256), "256 bytes"),
        ]
    )
    func refused(text: String, reason: String) {
        let error = #expect(throws: EventError.self) { try EventType(text) }
        #expect(error?.code == .invalidType)
        #expect(error?.message.contains(reason) == true, "\(error?.message ?? "")")
    }

    @Test("may have 255 bytes, without counting the version")
    func longest() throws {
        let name = String(repeating: "a", count: 255)
        #expect(try EventType(name + ".v3").name == name)
    }
}
