import WarrenRuntime

/// What is to be done once the lock is released: the other half of "decide in a value, act outside it".
struct Effects {
    var outcomes: [ConfirmWindow.Resolution] = []
    var answers: [CallQueue.Resolution] = []
    var admissions: [(shot: OneShot<PublishQueue.Admission>, result: PublishQueue.Admission)] = []
    var done: [OneShot<Result<Void, AMQPError>>] = []
    var failed: [(shot: OneShot<Result<Void, AMQPError>>, error: AMQPError)] = []
    var wakes: [OneShot<Void>] = []
    var events: [AMQPEvent] = []

    /// Resumes everyone; `report` gets the events.
    mutating func perform(report: (AMQPEvent) -> Void) {
        for outcome in outcomes {
            outcome.confirmation.fulfil(outcome.outcome, from: outcome.index, count: outcome.count)
        }
        for answer in answers { answer.shot.fulfil(answer.answer) }
        for admission in admissions { admission.shot.fulfil(admission.result) }
        for shot in done { shot.fulfil(.success(())) }
        for failure in failed { failure.shot.fulfil(.failure(failure.error)) }
        for shot in wakes { shot.fulfil(()) }
        for event in events { report(event) }
        self = Effects()
    }
}
