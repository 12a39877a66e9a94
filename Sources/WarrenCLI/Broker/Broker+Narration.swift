import AMQP

extension Broker {
    /// Says on stderr what holds a command up, until the task is cancelled.
    func narrate(to console: Console) async {
        var wasOpen = false
        var isLost = false
        for await state in client.states {
            switch state {
            case .open:
                if isLost { console.say("connected again") }
                (wasOpen, isLost) = (true, false)
            case .blocked(let reason):
                console.say("the broker takes no messages now: \(reason)")
            case .connecting(_, let cause?) where wasOpen && !isLost:
                console.say("the connection is lost, connecting again: \(cause.message)")
                isLost = true
            case .connecting, .closed:
                break
            }
        }
    }
}
