import Testing

@testable import AMQP

@Suite("A stream offset")
struct AMQPStreamOffsetTests {
    @Test("as a time back from now is in whole seconds, however absurd the time")
    func interval() {
        func text(_ duration: Duration) -> String? { AMQPStreamOffset.interval(duration).value.string }
        #expect(text(.seconds(90)) == "90s")
        #expect(text(.milliseconds(1999)) == "1s")
        #expect(text(.seconds(-5)) == "0s")
        #expect(text(Duration(attoseconds: .max)) == "9223372036s")
        #expect(text(Duration(attoseconds: .min)) == "0s")
    }
}
