import Testing
import WarrenRuntime
import WarrenTesting

@testable import AMQP

/// What a confirm window must do, written as plainly as possible.
private struct WindowModel {
    struct Publish {
        let number: UInt64
        let messageID: String?
        let mandatory: Bool
        var answered = false
        var late = false
        var marked = false
        var returned: AMQPReturn?
    }

    var publishes: [Publish] = []

    var base: Int { publishes.firstIndex { !$0.answered } ?? publishes.count }
    var unanswered: Int { publishes.count { !$0.answered && !$0.late } }

    mutating func answer(_ tag: UInt64, multiple: Bool, acked: Bool) -> [WindowUnderTest.Told]? {
        guard tag <= publishes.count, tag > 0 || multiple else { return nil }
        var told: [WindowUnderTest.Told] = []
        for index in publishes.indices where !publishes[index].answered {
            let publish = publishes[index]
            guard publish.number == tag || multiple && (tag == 0 || publish.number <= tag) else { continue }
            publishes[index].answered = true
            guard !publish.late else { continue }
            if let returned = publish.returned, acked {
                told.append(.returned(publish.number, returned))
            } else {
                told.append(acked ? .acked(publish.number, routed: publish.mandatory) : .refused(publish.number))
            }
        }
        return told
    }

    mutating func giveBack(_ message: AMQPReturn) {
        let id = message.message.properties.messageID
        let stamp = message.message.properties.headers[PublishEncoder.stampKey]?.integer
        let index = publishes.firstIndex { publish in
            guard !publish.answered, !publish.late, publish.mandatory, publish.returned == nil else { return false }
            return id == nil ? publish.number == UInt64(stamp ?? 0) : publish.messageID == id
        }
        if let index { publishes[index].returned = message }
    }

    mutating func expire() -> [WindowUnderTest.Told] {
        var told: [WindowUnderTest.Told] = []
        for index in publishes.indices where publishes[index].marked && !publishes[index].late {
            guard !publishes[index].answered else { continue }
            publishes[index].late = true
            told.append(.late(publishes[index].number))
        }
        return told
    }
}

@Suite("The confirm window beside a plain model")
struct ConfirmWindowModelTests {
    @Test("says and counts the same over many random events", arguments: [1, 3, 16, 100])
    func model(capacity: Int) throws {
        var random = SeededGenerator(seed: UInt64(capacity))
        var window = WindowUnderTest(capacity: capacity)
        var model = WindowModel()
        var time = 0
        var told = 0
        for _ in 0..<8000 {
            let tag = UInt64.random(in: 0...UInt64(model.publishes.count + 1), using: &random)
            let near = UInt64(clamping: model.base + Int.random(in: 0...4, using: &random))
            switch Int.random(in: 0..<100, using: &random) {
            case 0..<50:
                guard window.window.room > 0 else { continue }
                let id = ["a", "b", nil].randomElement(using: &random) ?? nil
                let mandatory = Int.random(in: 0..<4, using: &random) > 0
                model.publishes.append(
                    WindowModel.Publish(number: window.window.nextSequence, messageID: id, mandatory: mandatory)
                )
                window.send(messageID: id, mandatory: mandatory)
            case 50..<85:
                let tag = Bool.random(using: &random) ? near : tag
                let multiple = Bool.random(using: &random)
                let acked = Int.random(in: 0..<4, using: &random) > 0
                let expected = model.answer(tag, multiple: multiple, acked: acked)
                let actual = try? acked ? window.ack(tag, multiple: multiple) : window.nack(tag, multiple: multiple)
                #expect(actual == expected)
                told += expected?.count ?? 0
            case 85..<92:
                let id = ["a", "b", nil].randomElement(using: &random) ?? nil
                let message = WindowUnderTest.returned(messageID: id, stamp: id == nil ? .int64(Int64(near)) : nil)
                // The broker returns only what was mandatory and carries a stamp only where there is no id.
                let index = Int(near) - 1
                if id == nil, !model.publishes.indices.contains(index) || !model.publishes[index].mandatory { continue }
                if id == nil, model.publishes[index].messageID != nil { continue }
                if id == nil, model.publishes[index].returned != nil { continue }
                model.giveBack(message)
                window.window.returned(message)
            case 92..<96:
                time += 1
                window.window.mark(at: .seconds(time))
                for index in model.publishes.indices { model.publishes[index].marked = true }
            case 96..<99:
                time += 10
                #expect(window.expire(at: time, timeout: 10) == model.expire())
            default:
                let lost = model.publishes.filter { !$0.answered && !$0.late }.map {
                    WindowUnderTest.Told.lost($0.number)
                }
                #expect(window.lose() == lost)
                model = WindowModel()
            }
            #expect(window.window.unanswered == model.unanswered)
            #expect(window.window.room == capacity - model.unanswered)
            #expect(window.window.nextSequence == UInt64(model.publishes.count) + 1)
        }
        #expect(told > 300)
    }
}
