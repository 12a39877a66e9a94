import Testing

@testable import AMQP

@Suite("What is declared again after a reconnect")
struct TopologyRecorderTests {
    private let recorder = TopologyRecorder()

    private func record(_ topology: Topology) {
        for entity in topology.entities { recorder.record(entity) }
    }

    private static let fleetingQueue = Topology.Entity.queue(AMQPQueue("fleeting", .classic, autoDelete: true))
    private static let fleetingExchange = Topology.Entity.exchange(AMQPExchange("fleeting", .fanout, autoDelete: true))

    @Test("is what was declared last under each name")
    func names() {
        record([.queue("q", .classic), .exchange("e", .topic), .exchange("q", .fanout), .binding("e", to: "q", "#")])
        record([.queue("q", .quorum), .binding("e", to: "q", "#"), .binding("e", to: "q", "*")])
        let expected: Topology = [
            .exchange("e", .topic), .exchange("q", .fanout), .queue("q", .quorum),
            .binding("e", to: "q", "#"), .binding("e", to: "q", "*"),
        ]
        #expect(recorder.topology == expected)
    }

    @Test("leaves out what was deleted or forgotten, with the bindings that went with it")
    func forgetting() {
        let inner = Topology.Entity.binding(AMQPBinding(from: "a", to: "b", target: .exchange, routingKey: ""))
        let all: Topology = [
            .exchange("a", .fanout), .exchange("b", .fanout), .queue("a", .classic), .queue("b", .classic), inner,
            .binding("a", to: "b", "1"), .binding("b", to: "a", "2"),
        ]
        record(all)
        // By its name, whatever else is said of it.
        recorder.forget(.queue("b", .quorum))
        #expect(recorder.topology.entities.count == 5)
        recorder.forget(.exchange("b", .direct))
        #expect(recorder.topology == [.exchange("a", .fanout), .queue("a", .classic)])
        record(all)
        recorder.forget(inner)
        #expect(recorder.topology == Topology(all.entities.filter { $0 != inner }))
    }

    @Test("accepts another shape only of what was declared so last, and not once that is forgotten")
    func accepting() {
        let queue = Topology.Entity.queue("q", .classic)
        recorder.record(queue, onConflict: .useExisting)
        #expect(recorder.accepts(queue))
        recorder.forget(queue)
        #expect(!recorder.accepts(queue))
        recorder.record(queue, onConflict: .useExisting)
        recorder.record(.queue("q", .quorum))
        #expect(!recorder.accepts(queue) && !recorder.accepts(.queue("q", .quorum)))
    }

    @Test("leaves out an auto-delete queue when its last consumer has ended")
    func lastConsumer() {
        record([.exchange("e", .fanout), Self.fleetingQueue, .binding("e", to: "fleeting", ""), .queue("q", .classic)])
        for source: AMQPConsumerSource in ["fleeting", "fleeting", "q"] { recorder.consumerBegan(source) }
        recorder.consumerEnded("fleeting")
        recorder.consumerEnded("q")
        #expect(recorder.topology.entities.count == 4)
        recorder.consumerEnded("fleeting")
        #expect(recorder.topology == [.exchange("e", .fanout), .queue("q", .classic)])
    }

    @Test("leaves out an auto-delete exchange when its last binding has gone, and so on up to the first")
    func lastBinding() {
        let outer = Topology.Entity.exchange(AMQPExchange("outer", .fanout, autoDelete: true))
        let inner = AMQPBinding(from: "outer", to: "fleeting", target: .exchange, routingKey: "")
        record([
            outer, Self.fleetingExchange, .binding(inner), .queue("q", .classic), .binding("fleeting", to: "q", ""),
        ])
        let source = AMQPConsumerSource.privateQueue([.init(exchange: "fleeting", routingKey: "")])
        recorder.consumerBegan(source)
        recorder.forget(.queue("q", .classic))
        #expect(recorder.topology == [outer, Self.fleetingExchange, .binding(inner)])
        recorder.consumerEnded(source)
        #expect(recorder.isEmpty)
    }

    @Test("keeps an auto-delete exchange that was never bound")
    func neverBound() {
        record([Self.fleetingExchange, .queue("q", .classic)])
        recorder.forget(.queue("q", .classic))
        #expect(recorder.topology == [Self.fleetingExchange])
    }
}
