import Testing
import WarrenBridge

@Suite("What a configuration hardly means")
struct ConfigurationReviewTests {
    @Test("is nothing, where all fits")
    func quiet() throws {
        let text = """
            service: billing
            events:
              local_only: [user.*]
              rules: [{ types: [metrics.cpu, "*.x"], route: both }, { types: ["metrics.#"], route: remote }]
            event_routing:
              Order.*: [billing, inventory]
              Stock.*: [inventory]
            bridge:
              sources: { stdin: {} }
              sinks:
                - { name: all, types: [Order.Created, user.logged_in], stdout: {} }
                - { name: users, types: [user.*], stdout: {} }
                - { name: rest, types: [Stock.*, "rest.#"], stdout: {} }
            """
        #expect(try ConfigurationText.warnings(text) == [])
        #expect(try ConfigurationText.warnings("event_routing: { a: [b] }\nbridge: { sources: { stdin: {} } }") == [])
    }

    @Test("is a rule that another always comes before")
    func shadowed() throws {
        let text = """
            events:
              local_only: [user.#, user.logged_in]
              rules:
                - { types: [a.b, user.*], route: remote }
                - { types: ["a.*", a.b, c, "#"], route: local }
                - { types: [x], route: both }
            """
        #expect(
            try ConfigurationText.warnings(text) == [
                "2:24: events.local_only[1]: 'user.logged_in' never decides: 'user.#' on line 2 comes before it",
                "4:22: events.rules[0].types[1]: 'user.*' never decides: 'user.#' on line 2 comes before it",
                "5:24: events.rules[1].types[1]: 'a.b' never decides: 'a.b' on line 4 comes before it",
                "6:17: events.rules[2].types[0]: 'x' never decides: '#' on line 5 comes before it",
            ]
        )
    }

    @Test("is a rule or a routing that the bus does not use", arguments: ["memory", "rabbitmq"])
    func unused(kind: String) throws {
        let text = """
            events:
              eventbus: { type: \(kind) }
              local_only: [a, a]
              rules: [{ types: [b, b], route: remote }]
            event_routing: { a: [warren] }
            """
        let rules = [
            "3:16: events.local_only[0]: has no effect: only the hybrid bus chooses a way for each event",
            "4:21: events.rules[0].types[0]: has no effect: only the hybrid bus chooses a way for each event",
        ]
        let routing = ["5:16: event_routing: has no effect: the memory bus reaches no other service"]
        #expect(try ConfigurationText.warnings(text) == rules + (kind == "memory" ? routing : []))
    }

    @Test("is a routing of what stays here, to nobody, to somebody twice, and to us without a sink for it")
    func routes() throws {
        let text = """
            events:
              rules: [{ types: [a.b], route: remote }, { types: [a.*], route: local }]
            event_routing:
              a.b: [warren]
              a.c: [warren]
              a.*: [warren, x, warren]
              d: []
              e: [warren]
              f: [x]
            bridge: { sources: { stdin: {} }, sinks: [{ name: s, types: [a.*], stdout: {} }] }
            """
        #expect(
            try ConfigurationText.warnings(text) == [
                "5:3: event_routing['a.c']: what this service publishes of it reaches nobody: "
                    + "'a.*' on line 2 keeps it in the process",
                "6:20: event_routing['a.*'][2]: 'warren' is named twice",
                "7:3: event_routing['d']: no service receives it",
                "8:3: event_routing['e']: it is sent to this service, but no sink takes it",
            ]
        )
    }

    @Test("is a routing that never names this service, with the name that is meant")
    func name() throws {
        let text = "service: biling\nevent_routing: { a: [billing, inventory] }"
        #expect(
            try ConfigurationText.warnings(text) == [
                "2:16: event_routing: sends nothing to this service, 'biling'; is it 'billing'?"
            ]
        )
        #expect(
            try ConfigurationText.warnings("event_routing: { a: [billing] }") == [
                "1:16: event_routing: sends nothing to this service, 'warren'"
            ]
        )
    }

    @Test("is a sink whose pattern can match nothing that reaches it")
    func sinks() throws {
        let routed = """
            events: { local_only: [l.*] }
            event_routing: { Order.Created: [warren] }
            bridge:
              sources: { stdin: {} }
              sinks: [{ name: a, types: [Order.*, Stock.*, l.x], stdout: {} }]
            """
        #expect(
            try ConfigurationText.warnings(routed) == [
                "5:39: bridge.sinks[0].types[1]: 'Stock.*' matches nothing that event_routing sends to 'warren'"
            ]
        )
        let local = """
            events: { local_only: [l.*] }
            bridge:
              sinks: [{ name: a, types: [l.x, "l.#"], stdout: {} }]
            """
        #expect(
            try ConfigurationText.warnings(local) == [
                "3:30: bridge.sinks[0].types[0]: 'l.x' matches nothing: "
                    + "'l.*' on line 1 keeps it in its process, and no source here takes it"
            ]
        )
        let memory = """
            events: { eventbus: { type: memory } }
            bridge: { sinks: [{ name: a, types: ["#"], stdout: {} }] }
            """
        #expect(
            try ConfigurationText.warnings(memory) == [
                "2:27: bridge.sinks[0].name: nothing reaches the sink: "
                    + "the memory bus carries what sources take, and there is none"
            ]
        )
    }

    @Test("is a wildcard within a word, and a version in a pattern")
    func patterns() throws {
        let text = "events: { local_only: [Order*, a.b#.c, '*.#', Order.Created.v2, v2] }"
        #expect(
            try ConfigurationText.warnings(text) == [
                "1:24: events.local_only[0]: 'Order*': '*' and '#' stand for whole words; "
                    + "within a word they mean themselves",
                "1:32: events.local_only[1]: 'a.b#.c': '*' and '#' stand for whole words; "
                    + "within a word they mean themselves",
                "1:47: events.local_only[3]: 'Order.Created.v2' never decides: '*.#' on line 1 comes before it",
                "1:47: events.local_only[3]: 'Order.Created.v2': routing keys carry no version, so leave it out",
                "1:65: events.local_only[4]: 'v2' never decides: '*.#' on line 1 comes before it",
            ]
        )
    }

    @Test("is a handler's time beyond the broker's, an open door, and a bridge that does nothing")
    func bounds() throws {
        #expect(
            try ConfigurationText.warnings("events: { eventbus: { timeout: 31m } }") == [
                "1:32: events.eventbus.timeout: longer than RabbitMQ waits for an ack unless told otherwise, 30m"
            ]
        )
        #expect(try ConfigurationText.warnings("events: { eventbus: { type: memory, timeout: 31m } }") == [])
        func listening(_ http: String) throws -> [String] {
            try ConfigurationText.warnings("bridge: { sources: { http: \(http) } }")
        }
        #expect(
            try listening("0.0.0.0:80") == [
                "1:28: bridge.sources.http.listen: other machines can publish here without a token"
            ]
        )
        #expect(try listening("{ listen: '0.0.0.0:80', token: x }") == [])
        for address in ["80", "127.1.2.3:80", "'[::1]:80'", "localhost:80", "{}"] {
            #expect(try listening(address) == [])
        }
        #expect(
            try ConfigurationText.warnings("bridge: { sinks: [] }") == [
                "1:9: bridge: no source and no sink, so the bridge has nothing to do"
            ]
        )
    }
}
