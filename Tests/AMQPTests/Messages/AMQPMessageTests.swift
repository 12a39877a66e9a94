import AMQP
import Testing

@Suite("A message")
struct AMQPMessageTests {
    @Test("is persistent unless it is told otherwise")
    func defaults() {
        let message = AMQPMessage(body: [1])
        #expect(message.properties.deliveryMode == .persistent)
        #expect(message.properties == AMQPProperties())
        #expect(AMQPMessage("x", properties: AMQPProperties(deliveryMode: nil)).properties.deliveryMode == nil)
    }

    @Test("with a text has its UTF-8 as body")
    func text() {
        #expect(AMQPMessage("ö🐇").body == [0xC3, 0xB6, 0xF0, 0x9F, 0x90, 0x87])
        #expect(AMQPMessage("").body == [])
    }

    @Test("says what it is, and not what is in it")
    func description() {
        var message = AMQPMessage("{}", properties: AMQPProperties(headers: ["secret": 1], messageID: "m", type: "T"))
        #expect("\(message)" == "2 bytes, type 'T', id 'm'")
        message.properties.contentType = "application/json"
        #expect("\(message)" == "2 bytes, application/json, type 'T', id 'm'")
        #expect("\(AMQPMessage(body: []))" == "0 bytes")
    }

    @Test("is a value: changing a copy leaves the original as it was")
    func copies() {
        let original = AMQPMessage("body", properties: AMQPProperties(headers: ["a": 1], messageID: "m"))
        var copy = original
        #expect(copy == original)
        copy.properties.messageID = "other"
        copy.properties.headers["b"] = 2
        #expect(original.properties.messageID == "m")
        #expect(original.properties.headers == ["a": 1])
        #expect(copy.properties.headers == ["a": 1, "b": 2])
        var third = copy
        third.body.append(0)
        third.properties.headers["b"] = nil
        #expect(copy.properties.headers == ["a": 1, "b": 2])
        #expect(copy.body == original.body)
    }

    @Test("is a value also for tasks that change their copies at the same time")
    func concurrentCopies() async {
        let original = AMQPMessage("body", properties: AMQPProperties(messageID: "m"))
        await withTaskGroup(of: AMQPMessage.self) { group in
            for number in 0..<50 {
                group.addTask {
                    var copy = original
                    for round in 0..<100 { copy.properties.messageID = "\(number)-\(round)" }
                    copy.properties.appID = "\(number)"
                    return copy
                }
            }
            for await copy in group {
                #expect(copy.properties.messageID == (copy.properties.appID ?? "") + "-99")
            }
        }
        #expect(original.properties.messageID == "m")
    }

    @Test("equals another by what is in it")
    func equality() {
        let message = AMQPMessage("a", properties: AMQPProperties(contentType: "t"))
        let same = AMQPMessage("a", properties: AMQPProperties(contentType: "t"))
        #expect(message == same)
        #expect(message.hashValue == same.hashValue)
        #expect(message != AMQPMessage("b", properties: AMQPProperties(contentType: "t")))
        #expect(message != AMQPMessage("a", properties: AMQPProperties(contentType: "u")))
    }
}
