import Testing
import WarrenBridge

@Suite("A configuration that is wrong")
struct ConfigurationErrorTests {
    @Test("is an error with every problem in it, in the order of the file")
    func everything() {
        let problems = ConfigurationText.problems(
            """
            service: ""
            events:
              eventbus:
                type: rabitmq
                timout: 30s
                max_handlers: many
                timeout: 30
              memory: 5
              rabbitmq:
                url: http://guest:hunter2@localhost
                exchanges: { events: { type: fanout, durable: false } }
                queues: { type: stream, durable: "yes" }
              local_only: user.logged_in
              rules: [{ types: [a], route: nowhere }, { route: both }, {}]
            evnt_routing: {}
            retry: { max_attempts: 0, initial_delay: 1m, multiplier: 0.5 }
            bridge:
              sinks:
                - { name: a b, types: ["#"], stdout: {} }
                - { types: [], file: x, webhook: "ftp://x" }
            bridge: {}
            """
        )
        #expect(
            problems == [
                "1:10: service: '', expected a name of letters, digits, '_', '-' and '.'",
                "4:11: events.eventbus.type: 'rabitmq', did you mean 'rabbitmq'?",
                "5:5: events.eventbus.timout: unknown key, did you mean 'timeout'?",
                "6:19: events.eventbus.max_handlers: 'many', expected a whole number from 1 to 10000",
                "7:14: events.eventbus.timeout: '30' has no unit, "
                    + "expected a time such as 500ms, 10s, 1.5s, 2m, 1h or 7d",
                "8:11: events.memory: a text, expected a mapping",
                "10:10: events.rabbitmq.url: invalid AMQP URL, byte 0: expected amqp:// or amqps://",
                "11:34: events.rabbitmq.exchanges.events.type: 'fanout', expected topic: patterns of event types need it",
                "11:51: events.rabbitmq.exchanges.events.durable: false, expected true: "
                    + "after a restart of the broker the exchange would be gone, and confirmed events with it",
                "12:21: events.rabbitmq.queues.type: 'stream', expected quorum or classic",
                "12:38: events.rabbitmq.queues.durable: a text in quotes, expected true or false",
                "13:15: events.local_only: a text, expected a list of event types and patterns",
                "14:32: events.rules[0].route: 'nowhere', expected local, remote or both",
                "14:43: events.rules[1]: the key 'types' is missing: a list of event types and patterns",
                "14:60: events.rules[2]: the key 'route' is missing: local, remote or both",
                "14:60: events.rules[2]: the key 'types' is missing: a list of event types and patterns",
                "15:1: evnt_routing: unknown key, did you mean 'event_routing'?",
                "16:8: retry: initial_delay is longer than max_delay",
                "16:24: retry.max_attempts: '0', expected a whole number from 1 to 1000",
                "16:58: retry.multiplier: '0.5', expected a number from 1.0 to 100.0",
                "19:15: bridge.sinks[0].name: 'a b', expected a name of letters, digits, '_' and '-'",
                "20:7: bridge.sinks[1]: the key 'name' is missing: what the sink is called",
                "20:16: bridge.sinks[1].types: an empty list, expected event types and patterns, \"#\" for all",
                "20:38: bridge.sinks[1].webhook: given beside 'file', expected one target for a sink",
                "21:1: the key 'bridge' stands a second time, first on line 17",
            ]
        )
    }

    @Test(
        "says where, what, and what was expected",
        arguments: [
            ("5", "1:1: a text, expected a mapping"),
            ("a: [", "2:1: did not find expected node content, while parsing a flow node"),
            ("x: 1", "1:1: x: unknown key, expected service, events, event_routing, retry, store or bridge"),
            ("'a b': 1", "1:1: ['a b']: unknown key, expected service, events, event_routing, retry, store or bridge"),
            ("service:", "1:9: service: no value, expected a name"),
            ("service: [a]", "1:10: service: a list, expected a name"),
            ("service: {}", "1:10: service: a mapping, expected a name"),
            (
                "service: *a",
                "1:10: an alias ('*' and a name) is not supported: write the value itself, or quotes round a pattern"
            ),
            ("service: ä", "1:10: service: 'ä', expected a name of letters, digits, '_', '-' and '.'"),
            ("service: amq.x", "1:10: service: its queue would be called 'amq.x': 'amq.' belongs to the broker"),
            (
                "service: a.dead",
                "1:10: service: its queue would be called 'a.dead', as if it held the dead letters of another"
            ),
            (
                "events: { eventbus: { type: kafka } }",
                "1:29: events.eventbus.type: 'kafka' is not supported, expected memory, rabbitmq or hybrid"
            ),
            (
                "events: { eventbus: { type: 5 } }",
                "1:29: events.eventbus.type: '5', expected memory, rabbitmq or hybrid"
            ),
            (
                "events: { eventbus: { async_enabled: yes } }",
                "1:38: events.eventbus.async_enabled: 'yes', expected true or false"
            ),
            (
                "events: { eventbus: { max_handlers: -1 } }",
                "1:37: events.eventbus.max_handlers: '-1', expected a whole number from 1 to 10000"
            ),
            (
                "events: { eventbus: { max_handlers: 99999999999999999999 } }",
                "1:37: events.eventbus.max_handlers: '99999999999999999999', expected a whole number from 1 to 10000"
            ),
            (
                "events: { eventbus: { max_handlers: 1.5 } }",
                "1:37: events.eventbus.max_handlers: '1.5', expected a whole number from 1 to 10000"
            ),
            (
                "events: { eventbus: { timeout: 2d } }",
                "1:32: events.eventbus.timeout: '2d', expected a time from 1ms to 24h"
            ),
            (
                "events: { eventbus: { timeout: 0s } }",
                "1:32: events.eventbus.timeout: '0s', expected a time from 1ms to 24h"
            ),
            (
                "events: { eventbus: { timeout: 25h } }",
                "1:32: events.eventbus.timeout: '25h', expected a time from 1ms to 24h"
            ),
            ("events: { kafka: 5 }", "1:18: events.kafka: a text, expected a mapping"),
            (
                "events: { local_only: [''] }",
                "1:24: events.local_only[0]: an empty text, expected an event type or a pattern of types"
            ),
            (
                "events: { rules: [{ types: [], route: both }] }",
                "1:28: events.rules[0].types: an empty list, expected event types and patterns, \"#\" for all"
            ),
            (
                "events: { rabbitmq: { exchanges: { orders: {} } } }",
                "1:36: events.rabbitmq.exchanges.orders: unknown key, expected events"
            ),
            (
                "events: { rabbitmq: { exchanges: { events: { name: '' } } } }",
                "1:52: events.rabbitmq.exchanges.events.name: an empty text, expected the name of an exchange"
            ),
            (
                "events: { rabbitmq: { exchanges: { events: { name: amq.x } } } }",
                "1:52: events.rabbitmq.exchanges.events.name: 'amq.x': 'amq.' belongs to the broker"
            ),
            (
                "events: { rabbitmq: { queues: { prefix: 'a b' } } }",
                "1:41: events.rabbitmq.queues.prefix: 'a b', expected a text of letters, digits, '_', '-', '.', ':' and '/'"
            ),
            (
                "events: { rabbitmq: { queues: { prefix: amq. } } }",
                "1:41: events.rabbitmq.queues.prefix: 'amq.': 'amq.' belongs to the broker"
            ),
            (
                "events: { rabbitmq: { queues: { prefix: warren.delay. } } }",
                "1:41: events.rabbitmq.queues.prefix: 'warren.delay.': 'warren.delay.' belongs to retries"
            ),
            (
                "events: { rabbitmq: { url: 'amqp://h', url_file: x } }",
                "1:50: events.rabbitmq.url_file: given beside 'url', expected one of the two"
            ),
            (
                "event_routing: [a]",
                "1:16: event_routing: a list, expected a mapping of event types to lists of services"
            ),
            ("event_routing: { a.b: c }", "1:23: event_routing['a.b']: a text, expected a list of services"),
            (
                "event_routing: { a.b: [c d] }",
                "1:24: event_routing['a.b'][0]: 'c d', expected the name of a service of letters, digits, '_', '-' and '.'"
            ),
            (
                "event_routing: { '': [c] }",
                "1:18: event_routing['']: an empty text, expected an event type or a pattern of types"
            ),
            (
                "retry: { max_delay: 25h }",
                "1:21: retry.max_delay: '25h', expected a time from 1ms to 24h"
            ),
            (
                "service: amq\nevents: { rabbitmq: { queues: { prefix: dev- } } }\n"
                    + "bridge: { sinks: [{ name: x, types: [b], stdout: }] }",
                "1:10: service: a subscription would be called 'amq.x': 'amq.' belongs to the broker"
            ),
            ("store: {}", "1:8: store: expected 'sqlite' in it"),
            (
                "store: { sqlite: a, postgres: 'postgres://h' }",
                "1:31: store.postgres: given beside 'sqlite', expected one of the two"
            ),
            (
                "store: { sqlite: a, retention: 0s }",
                "1:32: store.retention: '0s', expected a time from 1s to 3650d"
            ),
            (
                "store: { sqlite: a, spool: { max_bytes: 0, max_age: 7d } }",
                "1:41: store.spool.max_bytes: '0', expected a whole number from 1 to 1125899906842624"
            ),
            ("store: { sqlite: {} }", "1:18: store.sqlite: the key 'path' is missing: the database file"),
            (
                "store: { postgres: 'mysql://h' }",
                "1:20: store.postgres.url: expected a URL that begins with postgres:// or postgresql://"
            ),
            ("bridge: { sources: { stdin: true } }", "1:29: bridge.sources.stdin: a text, expected a mapping"),
            (
                "bridge: { sources: { stdin: { at_end: stop } } }",
                "1:39: bridge.sources.stdin.at_end: 'stop', expected exit or continue"
            ),
            (
                "bridge: { sources: { unix: {} } }",
                "1:28: bridge.sources.unix: the key 'path' is missing: where the socket is"
            ),
            (
                "bridge: { sources: { http: { listen: localhost } } }",
                "1:38: bridge.sources.http.listen: 'localhost', expected host:port, such as 127.0.0.1:7070"
            ),
            (
                "bridge: { sources: { http: 'h:70000' } }",
                "1:28: bridge.sources.http.listen: 'h:70000', expected host:port, such as 127.0.0.1:7070"
            ),
            (
                "bridge: { sources: { http: '::1:80' } }",
                "1:28: bridge.sources.http.listen: '::1:80', expected host:port, such as 127.0.0.1:7070"
            ),
            (
                "bridge: { sources: { http: [] } }",
                "1:28: bridge.sources.http: a list, expected a mapping or a text (its listen)"
            ),
            (
                "bridge: { sources: { http: { token: 'a b' } } }",
                "1:37: bridge.sources.http.token: a token with other characters than visible ASCII"
            ),
            (
                "bridge: { sinks: [{ name: a, types: [b] }] }",
                "1:19: bridge.sinks[0]: where its events go is missing, expected 'file' or 'stdout'"
            ),
            (
                "bridge: { sinks: [{ name: a, types: [b], file: }] }",
                "1:48: bridge.sinks[0].file: the key 'path' is missing: the file to write to"
            ),
            (
                "bridge: { sinks: [{ name: a, types: [b], stdout: { x: 1 } }] }",
                "1:52: bridge.sinks[0].stdout.x: unknown key, expected none"
            ),
            (
                "bridge: { sinks: [{ name: a, types: [b], webhook: {} }] }",
                "1:51: bridge.sinks[0].webhook: the key 'url' is missing: a URL that begins with http:// or https://"
            ),
            (
                "bridge: { sinks: [{ name: a, types: [b], webhook: 'http://u@/x' }] }",
                "1:51: bridge.sinks[0].webhook.url: a URL without a host"
            ),
            (
                "bridge: { sinks: [{ name: a, types: [b], webhook: 'http:///x' }] }",
                "1:51: bridge.sinks[0].webhook.url: a URL without a host"
            ),
            (
                "bridge: { sinks: [{ name: a, types: [b], webhook: 'http://h/ä' }] }",
                "1:51: bridge.sinks[0].webhook.url: a URL holds visible ASCII only: others are percent-encoded, such as %20 for a space"
            ),
            (
                "bridge: { sinks: [{ name: dead, types: [b], stdout: }] }",
                "1:27: bridge.sinks[0].name: its queue would be called 'warren.dead', as if it held the dead letters of another"
            ),
        ]
    )
    func single(text: String, problem: String) {
        #expect(ConfigurationText.problems(text) == [problem])
    }

    @Test("names the lines of sinks that have one name, and of a service that has a sink's queue")
    func twins() {
        let sinks = """
            event_routing: { a: [warren.x] }
            bridge:
              sinks:
              - { name: x, types: [b], stdout: {} }
              - { name: x, types: [c], stdout: {} }
            """
        #expect(
            ConfigurationText.problems(sinks) == [
                "4:13: bridge.sinks[0].name: its queue would be that of the service 'warren.x', on line 1",
                "5:13: bridge.sinks[1].name: 'x' is the name of another sink, on line 4",
                "5:13: bridge.sinks[1].name: its queue would be that of the service 'warren.x', on line 1",
            ]
        )
    }

    @Test("names the line of a file that two sinks write, but not of a device")
    func oneFile() {
        let sinks = """
            bridge:
              sinks:
              - { name: a, types: [b], file: ./f.ndjson }
              - { name: b, types: [b], file: { path: f.ndjson } }
              - { name: c, types: [b], file: /f.ndjson }
              - { name: d, types: [b], file: /dev/null }
              - { name: e, types: [b], file: /dev/null }
            """
        #expect(
            ConfigurationText.problems(sinks) == [
                "4:42: bridge.sinks[1].file.path: 'f.ndjson' is the file of another sink, on line 3"
            ]
        )
    }

    @Test("is one whose queues have longer names than a queue can have")
    func longNames() {
        func text(service: Int, sink: Int, prefix: Int = 1) -> String {
            """
            service: \(String(repeating: "s", count: service))
            events: { rabbitmq: { queues: { prefix: \(String(repeating: "p", count: prefix)) } } }
            event_routing: { a: [\(String(repeating: "t", count: service + 1))] }
            bridge: { sinks: [{ name: \(String(repeating: "n", count: sink)), types: [b], stdout: {} }] }
            """
        }
        #expect(ConfigurationText.problems(text(service: 98, sink: 100)) == [])
        #expect(
            ConfigurationText.problems(text(service: 98, sink: 101)).map { $0.prefix(26) } == [
                "4:27: bridge.sinks[0].name"
            ]
        )
        let long = ConfigurationText.problems(text(service: 199, sink: 1))
        #expect(long.count == 2 && long[0].hasPrefix("3:22: event_routing['a'][0]: its queue 'ptttt"))
        #expect(long.allSatisfy { $0.contains("expected at most 200") })
        #expect(ConfigurationText.problems(text(service: 200, sink: 1)).count == 3)
        #expect(
            ConfigurationText.problems(text(service: 1, sink: 1, prefix: 200)) == [
                "2:41: events.rabbitmq.queues.prefix: a text of 200 bytes, expected less than the 200 of a queue's name"
            ]
        )
    }

    @Test("keeps what it quotes short and in one line")
    func quoting() {
        let text = "service: \"a\\nb\\e\(String(repeating: "x", count: 100))\""
        let shown = "'a\\nb\\u{1B}\(String(repeating: "x", count: 56))…'"
        #expect(
            ConfigurationText.problems(text) == [
                "1:10: service: \(shown), expected a name of letters, digits, '_', '-' and '.'"
            ]
        )
    }

    @Test("may not be a list of documents, nor be longer than a configuration can be")
    func bounds() {
        #expect(
            ConfigurationText.problems("a: 1\n---\nb: 1").first
                == "2:1: a second document begins here, expected one in a file"
        )
        let long = "# " + String(repeating: "x", count: 1 << 20)
        #expect(ConfigurationText.problems(long) == ["1:1: the text is longer than 1048576 bytes"])
    }
}
