import Testing
import WarrenRuntime

@Suite("A broadcast")
struct BroadcastTests {
    @Test("tells a new listener what is current, also when it changes while the listener is being told")
    func current() async {
        let broadcast = Broadcast<Int>(buffer: 1)
        let value = Locked(1)
        let stream = broadcast.listen {
            value.withLock { value in
                defer {
                    // Somebody sets and sends the next value between the look and the telling.
                    if value == 1 {
                        value = 2
                        broadcast.send(2)
                    }
                }
                return value
            }
        }
        broadcast.finish()
        var heard: [Int] = []
        for await each in stream { heard.append(each) }
        #expect(heard == [2])
    }

    @Test("keeps the newest of what a slow listener has not heard, and ends with the last")
    func newest() async {
        let broadcast = Broadcast<Int>(buffer: 2)
        let stream = broadcast.listen()
        for value in 1...5 { broadcast.send(value) }
        broadcast.finish()
        broadcast.send(6)
        var heard: [Int] = []
        for await each in stream { heard.append(each) }
        #expect(heard == [4, 5])
        for await _ in broadcast.listen() { Issue.record("something came after the end") }
    }
}
