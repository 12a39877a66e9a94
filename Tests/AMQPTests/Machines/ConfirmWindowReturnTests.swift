import Testing

@testable import AMQP

@Suite("Returned messages in the confirm window")
struct ConfirmWindowReturnTests {
    @Test("are matched by message id, and told when the ack follows")
    func byID() throws {
        var window = WindowUnderTest(capacity: 10)
        let returned = WindowUnderTest.returned(messageID: "b")
        for id in ["a", "b", "c"] { window.send(messageID: id) }
        window.window.returned(returned)
        #expect(window.window.unanswered == 3)
        #expect(try window.ack(3, multiple: true) == [.acked(1), .returned(2, returned), .acked(3)])
    }

    @Test("are matched by the stamp where there is no message id")
    func byStamp() throws {
        var window = WindowUnderTest(capacity: 10)
        window.send(3)
        let returned = WindowUnderTest.returned(stamp: .int64(2))
        window.window.returned(returned)
        #expect(try window.ack(2) == [.returned(2, returned)])
        #expect(try window.ack(3, multiple: true) == [.acked(1), .acked(3)])
    }

    @Test("with one id for several publishes are matched in their order")
    func sameID() throws {
        var window = WindowUnderTest(capacity: 10)
        let returned = WindowUnderTest.returned(messageID: "x")
        window.send(3, messageID: "x")
        window.window.returned(returned)
        window.window.returned(returned)
        #expect(try window.ack(1) == [.returned(1, returned)])
        #expect(try window.ack(3, multiple: true) == [.returned(2, returned), .acked(3)])
    }

    @Test("are not matched with a publish that was not mandatory, or has its answer")
    func notMandatory() throws {
        var window = WindowUnderTest(capacity: 10)
        let returned = WindowUnderTest.returned(messageID: "x")
        window.send(messageID: "x", mandatory: false)
        window.send(2, messageID: "x")
        _ = try window.ack(2)
        window.window.returned(returned)
        #expect(try window.ack(3, multiple: true) == [.acked(1, routed: false), .returned(3, returned)])
    }

    @Test("do not make a refused publish anything else")
    func refused() throws {
        var window = WindowUnderTest(capacity: 10)
        window.send(messageID: "x")
        window.window.returned(WindowUnderTest.returned(messageID: "x"))
        #expect(try window.nack(1) == [.refused(1)])
    }

    @Test(
        "with a stamp or id that fits nothing are ignored",
        arguments: [
            WindowUnderTest.returned(),
            WindowUnderTest.returned(messageID: "other"),
            WindowUnderTest.returned(messageID: ""),
            WindowUnderTest.returned(stamp: .int64(-1)),
            WindowUnderTest.returned(stamp: .int64(0)),
            WindowUnderTest.returned(stamp: .int64(4)),
            WindowUnderTest.returned(stamp: .int64(.max)),
            WindowUnderTest.returned(stamp: .int64(.min)),
            WindowUnderTest.returned(stamp: .string("1")),
        ]
    )
    func strangers(message: AMQPReturn) throws {
        var window = WindowUnderTest(capacity: 10)
        window.send(3)
        window.window.returned(message)
        #expect(try window.ack(3, multiple: true) == [.acked(1), .acked(2), .acked(3)])
    }

    @Test("are forgotten with the channel they came on")
    func lost() throws {
        var window = WindowUnderTest(capacity: 10)
        window.send(1)
        window.window.returned(WindowUnderTest.returned(stamp: .int64(1)))
        #expect(window.lose() == [.lost(1)])
        window.send(1)
        #expect(try window.ack(1) == [.acked(1)])
    }
}
