extension Command {
    package static let deadList = Command(
        name: "dead list",
        summary: "lists the dead letters of a queue, one JSON line each",
        forms: ["dead list QUEUE [options]", "dead list --spool FILE [options]"],
        options: [.deadID, .deadType, .deadError, .olderThan, .newerThan, .listLimit, .spool, .url],
        notes: """
            The oldest first. Each line has the "id" of the event, its "event_type", "error", "error_type", "attempts",
            "first_failed_at", "last_failed_at", "handler", "host", "exchange" and "routing_key" where it was published,
            "size" in bytes, and "broker_reason" where the broker made it: rejected, expired, maxlen, delivery_limit.

            With --spool they are the events that a spool has put aside, since the broker will never take them; the bridge
            or service that it belongs to has to be stopped first.

            Looking changes nothing, however often. It is refused while somebody consumes '<QUEUE>.dead', or is at work
            on it with one of these commands.

            exit status: 0; 1 when there is no such queue, or no dead letter of an --id; 69 when there was no way to the
            broker
            """,
        run: DeadCommand.list
    )

    package static let deadShow = Command(
        name: "dead show",
        summary: "prints whole dead letters, as 'tail' does",
        forms: ["dead show QUEUE --id ID… [options]", "dead show --spool FILE --id ID… [options]"],
        options: [.deadID, .spool, .url],
        notes: """
            Each line is an envelope; a body that is none is its "data" or, where that is not JSON, its "data_base64".
            The member "amqp" has what 'dead list' prints in "dead_letter", and all headers in "headers".

            exit status: 0; 1 when no dead letter has one of the ids; 69 when there was no way to the broker
            """,
        run: DeadCommand.show
    )

    package static let deadRequeue = Command(
        name: "dead requeue",
        summary: "gives dead letters back to the queue they came from",
        forms: [
            "dead requeue QUEUE --id ID… [options]", "dead requeue QUEUE --all [options]",
            "dead requeue --spool FILE …",
        ],
        options: [.deadID, .deadAll, .deadType, .deadError, .olderThan, .newerThan, .limit, .spool, .url],
        notes: """
            To that queue alone: other subscriptions do not get the event again. It keeps its id, and begins with a
            fresh retry policy. Each is copied, the copy confirmed by the broker, and only then the original taken away:
            whatever happens in between, none is lost. What fails again meanwhile is left for the next time.

            Those of a spool go out after all that waits there, when the bridge runs again.

            The ids go to stdout, one a line, their control characters as \\n or \\u{1B}. What the broker does not take stays,
            and stderr says why.

            exit status: 0 when all that were meant are requeued, else 1; 69 when there was no way to the broker
            """,
        run: DeadCommand.requeue
    )

    package static let deadDiscard = Command(
        name: "dead discard",
        summary: "takes dead letters away for good",
        forms: [
            "dead discard QUEUE --id ID… [options]", "dead discard QUEUE --all [options]",
            "dead discard --spool FILE …",
        ],
        options: [.deadID, .deadAll, .deadType, .deadError, .olderThan, .newerThan, .limit, .spool, .url],
        notes: """
            The ids go to stdout, one a line.

            exit status: 0; 1 when no dead letter has one of the ids; 69 when there was no way to the broker
            """,
        run: DeadCommand.discard
    )

    package static let deadPurge = Command(
        name: "dead purge",
        summary: "takes all dead letters of a queue away for good, unseen",
        forms: ["dead purge QUEUE --yes [options]", "dead purge --spool FILE --yes"],
        options: [CommandOption("--yes", nil, "says that it is meant"), .spool, .url],
        notes: """
            exit status: 0; 69 when there was no way to the broker
            """,
        run: DeadCommand.purge
    )
}

extension CommandOption {
    fileprivate static let deadID = CommandOption(
        "--id",
        "ID",
        isRepeatable: true,
        "that of the event; may be given several times, and is '' for messages without one"
    )
    fileprivate static let spool = CommandOption(
        "--spool",
        "FILE",
        "those that a bridge's spool has put aside, in place of a queue's"
    )
    fileprivate static let deadAll = CommandOption("--all", nil, "all, or all that the others leave")
    fileprivate static let deadType = CommandOption(
        "--type",
        "PATTERN",
        "those of event types that a topic pattern matches"
    )
    fileprivate static let deadError = CommandOption(
        "--error",
        "TEXT",
        "those with this in their error, or of this error type"
    )
    fileprivate static let olderThan = CommandOption(
        "--older-than",
        "AGE",
        "those that failed last before: 30m, 12h, 7d"
    )
    fileprivate static let newerThan = CommandOption("--newer-than", "AGE", "those that failed last since then")
    fileprivate static let limit = CommandOption("--limit", "N", "so many at most, the oldest first")
    fileprivate static let listLimit = CommandOption("--limit", "N", "so many at most, the oldest first; default: 100")
}
