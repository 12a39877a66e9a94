import Warren
import WarrenBridge
import WarrenRabbitMQ

/// Dead letters as lines of output.
enum DeadLetterLine {
    /// What is known of one, with the line's end.
    static func line(_ head: DeadLetterHead) -> [UInt8] {
        head.json() + [UInt8(ascii: "\n")]
    }

    /// A whole one from a spool: its event, and beside it what is known of it.
    static func line(_ letter: DeadLetter) -> [UInt8] {
        var line = letter.event.json()
        line.removeLast()
        return line + Array(",\"dead_letter\":".utf8) + letter.head.json() + Array("}\n".utf8)
    }

    /// A whole one as `tail` prints a message, and beside it what is known of it.
    static func line(_ letter: RabbitMQDeadLetter) -> [UInt8] {
        var beside = JSONMembers()
        beside.append(key: "dead_letter", validJSON: letter.head.json())
        if let unreadable = letter.unreadable { beside.append(key: TailLine.invalid, text: unreadable) }
        return TailLine.line(
            letter.message,
            exchange: letter.head.exchange ?? "",
            routingKey: letter.head.routingKey ?? "",
            redelivered: false,
            asked: "",
            beside: beside
        )
    }
}
