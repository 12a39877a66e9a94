import Testing
import WarrenTesting

/// What hurts the users of other clients, and the tests that say it does not hurt here.
@Suite("What other clients have taught")
struct LessonsTests {
    /// The requirements that a client has to meet; the others are a bus's.
    static let required = Array(1...14) + [17] + Array(20...23) + [25]

    static let lessons = [
        Lesson(
            1,
            "One owner writes to a connection, however many tasks use it",
            "gives everything pending to one writer at a time",
            "sends nothing but whole frames, and leaves nobody waiting",
            "1,000 tasks publish at once through one client"
        ),
        Lesson(
            2,
            "Heartbeats go out and are missed whatever the application does",
            "A silent peer is found dead after one and a half heartbeat timeouts; meanwhile the client sends its own",
            "A peer that sends nothing but heartbeats lives"
        ),
        Lesson(
            3,
            "No wait is without a deadline, also with a peer that is dead",
            "A peer that reads no more: every publish gets an outcome or an error by its deadline",
            "Answers to calls that never come: each call ends at its deadline and says which"
        ),
        Lesson(
            4,
            "Memory does not grow with what has passed; channel numbers are used again",
            "A long run of messages and channels leaves memory as it was",
            "use a number again only when the broker has agreed that it is free"
        ),
        Lesson(
            5,
            "A publish returns when the broker has the message, or throws",
            "publish throws .returned with the broker's reply; without mandatory it does not",
            "Killed in the middle of confirmed publishes and of a consumer: what was acked is there, the rest is unknown"
        ),
        Lesson(
            6,
            "Many messages leave in one system call",
            "100,000 messages that ten tasks publish leave in less than a tenth of as many system calls"
        ),
        Lesson(
            7,
            "Confirms reach their own waiters, and closing ends in time",
            "200 tasks each await their own confirm, and each gets it",
            "A client is closed by its deadline although the peer reads no more",
            "A peer that does not say goodbye: the client is closed by its deadline"
        ),
        Lesson(
            8,
            "A lost connection or channel answers every pending confirm as unknown",
            "says of everything unanswered that its outcome is unknown when the channel is lost, and counts anew",
            "Connections cut in the middle of publishes: what was acked is there, what is not is unknown"
        ),
        Lesson(
            9,
            "A broker that blocks publishers holds them up to their deadline, and it shows",
            "Blocked: publishers wait up to their deadline with the reason; unblocked: they go on, in order",
            "The time that the broker blocks publishers is counted, and seen as it passes"
        ),
        Lesson(
            10,
            "Settling never waits for the network",
            "Settling returns at once while the peer reads nothing and the socket takes no more",
            "A connection that is cut under a consumer: every message arrives, late acks are stale"
        ),
        Lesson(
            11,
            "A settlement from before a reconnect is dropped and counted",
            "sends nothing for a delivery from before a reconnect, whose number means another one now",
            "Reconnects and settlements that came too late are counted"
        ),
        Lesson(
            12,
            "What was deleted stays deleted, and closing wins over recovering",
            "What was deleted on purpose stays away after a reconnect",
            "An auto-delete queue comes back while it is consumed, and stays away once its consumer has ended",
            "A client can be closed at any step",
            "A peer that closes while the client closes: both are done"
        ),
        Lesson(
            13,
            "Recovery goes from exchanges to consumers, and reports each failure",
            "Connections closed by the operator come back with publishers, consumers, private queues and topology",
            "open early where they are needed to make the connection ready, the others only then",
            "What cannot be declared again is reported by name, and the rest comes back"
        ),
        Lesson(
            14,
            "Liveness is measured by progress",
            "A broker that stands still looks open, and its silence and what it does not answer grow older",
            "Heartbeats find a broker that stands still, and the client goes on when it lives again"
        ),
        Lesson(
            17,
            "A failed message and one that is given back are told apart",
            "Nack, reject, release and multiple do what they say",
            "sends what is not an ack at once, with acks that it would take along before it"
        ),
        Lesson(
            20,
            "A consumer that was too slow is warned of, heals, and the message is named",
            "An event warns of the delivery; when the broker takes it away an event names it, and the consumer goes on",
            "tells of each overdue delivery once, and what made the broker close the channel"
        ),
        Lesson(
            21,
            "A consumer that the broker cancels consumes again",
            "A consumer that the broker cancels subscribes again; what comes late on the old channel is nobody's",
            "A queue deleted under its consumer: an event tells, and the consumer goes on when the queue is back"
        ),
        Lesson(
            22,
            "A declaration that differs from what exists says in what",
            "The error says in what a queue or an exchange differs",
            "Told so, the client uses what exists, says in what it differs, and goes on after a reconnect"
        ),
        Lesson(
            23,
            "What closes a channel never closes one with confirms",
            "Refused declarations beside publishes cost no publish its confirm",
            "Thousands of declarations beside a running publisher: each gets its own answer"
        ),
        Lesson(
            25,
            "Streams of messages are bounded, bodies of any size arrive, and a client can go in any state",
            "A publisher much faster than the broker is held back, and memory stays bounded",
            "Bodies of every size, around the bounds of frames and up to 8 MiB",
            "A body of 100 MiB",
            "A client that never ran, or was stopped at once, goes without a trace"
        ),
    ]

    @Test("Each requirement has its row")
    func isComplete() {
        #expect(Self.lessons.map(\.number) == Self.required)
    }

    @Test("Each behaviour has its tests", arguments: lessons)
    func hasTests(lesson: Lesson) throws {
        #expect(lesson.missing(from: try Self.declared.get()) == [])
    }

    private static let declared = Result { try DeclaredTests.names(ofTargetWith: #filePath) }
}
