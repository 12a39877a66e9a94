import Testing
import WarrenTesting

/// What hurts those who build on other clients, and the tests that say it does not hurt here.
@Suite("What other buses have taught")
struct LessonsTests {
    static let lessons = [
        Lesson(
            15,
            "What cannot be read is a dead letter with its reason, and is never handed out again; headers may hold anything",
            "An envelope that contradicts itself is a dead letter at once, with the reason and no attempt",
            "Data that are not what the handler takes are a dead letter at once",
            "Attempts that an earlier copy counted go on; absurd counts do no harm",
            "deaths that other clients, or other versions of the broker, have counted: they are not its attempts"
        ),
        Lesson(
            16,
            "Attempts are counted across crashes, of the broker and of processes",
            "A broker that is killed while events wait for their next attempt: they come back as the next attempt",
            "A process that goes while its events wait leaves them, and what it knew of them, to the next",
            "An event that kills each process that handles it is a dead letter; all others are handled once",
            "Processes that are killed at any time: each event is entered once, and none is a dead letter"
        ),
        Lesson(
            17,
            "A failed event and one that is given back are told apart",
            "What the broker itself dead-letters comes to the same queue: rejected by another client, expired, or handed out too often"
        ),
        Lesson(
            18,
            "Attempts are counted in a header of ours, whatever a version of the broker makes of its own",
            "deaths that other clients, or other versions of the broker, have counted: they are not its attempts",
            "everything that a broker drops, misroutes or refuses in a careless copy",
            "A handler that fails twice and then succeeds runs three times, at the policy's steps"
        ),
        Lesson(
            19,
            "Waits need no plugin, lose nothing, and a long one holds up no short one",
            "A long wait holds up no short one",
            "Events that wait for a queue that is deleted become dead letters, and hold up nobody else's",
            "A handler that always fails runs as often as the policy has it; then its event is a dead letter",
            "A step that was deleted is declared again, and nothing is lost",
            "A step that takes no more: the original stays until its copy is taken, and other workers go on",
            "10,000 events of which every third fails once: each is handled, and each that failed twice tried"
        ),
        Lesson(
            24,
            "A service that ends makes no dead letters: what is not done stays in its queue",
            "At the end a handler at work may finish, what was not begun stays, and a cancelled one is no failure",
            "A bus that ends while copies are under way: each event is there once, failed or not begun",
            "Processes that end in the middle of an event, each with its handler cancelled, are no crashes"
        ),
    ]

    /// What every copy of a delivery has to be, whoever makes it.
    static let copies = [
        Lesson(1, "without further addresses", "further addresses (CC and BCC): no copy goes there, nor has them"),
        Lesson(
            2,
            "without headers of the broker's",
            "headers of the broker's (x-…): no copy is taken for one that goes in circles, and dropped"
        ),
        Lesson(3, "without a time to live", "a time to live: no copy evaporates, and the last one notes it"),
        Lesson(4, "without a user's name", "the name of a user: no copy is refused for it, and the last one notes it"),
        Lesson(
            5,
            "no larger than a frame",
            "headers that fill a frame: what has no room in a copy is left out, and named"
        ),
        Lesson(6, "with no long text", "a handler that fails with a long text: 4 KiB of it are kept"),
        Lesson(
            7,
            "mandatory, and confirmed before the original goes: on the ladder, as a dead letter, requeued, from a spool",
            "A step that was deleted is declared again, and nothing is lost",
            "A queue of dead letters that was deleted is declared again, and no dead letter is lost",
            "stay where the queue they came from is gone or full, with the reason",
            "A spooled event that no queue takes is put aside, and goes to the queue that comes later"
        ),
    ]

    @Test("Each behaviour has its tests", arguments: lessons + copies)
    func hasTests(lesson: Lesson) throws {
        #expect(lesson.missing(from: try Self.declared.get()) == [])
    }

    private static let declared = Result { try DeclaredTests.names(ofTargetWith: #filePath) }
}
