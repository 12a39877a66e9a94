import Testing

@testable import Warren

@Suite("A retry policy with rules about errors")
struct RetryRulesTests {
    private struct Passing: Error {}
    private struct Invalid: Error {}
    private struct Status: Error { var code: Int }
    // Safe to send: they hold nothing.
    private class Base: Error, @unchecked Sendable {}
    private final class Derived: Base, @unchecked Sendable {}

    private let policy = RetryPolicy.immediate(3)

    @Test("without any retries after every error but one that says of itself that it will not pass")
    func none() {
        #expect(!policy.isPermanent(Passing()) && !policy.isPermanent(CancellationError()))
        #expect(policy.isPermanent(PermanentFailure("never")) && policy.isPermanent(PermanentFailure(Passing())))
    }

    @Test("may name the only errors that it retries after")
    func only() {
        let only = policy.retrying(only: Passing.self, Status.self)
        #expect(!only.isPermanent(Passing()) && !only.isPermanent(Status(code: 1)))
        #expect(only.isPermanent(Invalid()) && only.isPermanent(CancellationError()))
        #expect(only.isPermanent(PermanentFailure(Passing())))
    }

    @Test("may name errors that it never retries after")
    func never() {
        let never = policy.neverRetrying(Invalid.self)
        #expect(never.isPermanent(Invalid()) && !never.isPermanent(Passing()))
    }

    @Test("may look at the error")
    func predicates() {
        let mayPass = policy.retrying(onlyIf: { ($0 as? Status)?.code ?? 0 >= 500 })
        #expect(!mayPass.isPermanent(Status(code: 503)))
        #expect(mayPass.isPermanent(Status(code: 404)) && mayPass.isPermanent(Passing()))
        let never = policy.neverRetrying(if: { ($0 as? Status)?.code == 404 })
        #expect(never.isPermanent(Status(code: 404)))
        #expect(!never.isPermanent(Status(code: 503)) && !never.isPermanent(Passing()))
    }

    @Test("takes an error of a subclass for one of its superclass, and not the other way round")
    func subclasses() {
        #expect(!policy.retrying(only: Base.self).isPermanent(Derived()))
        #expect(policy.neverRetrying(Base.self).isPermanent(Derived()))
        #expect(!policy.neverRetrying(Derived.self).isPermanent(Base()))
    }

    @Test("adds its rules up: what one of them excludes is not retried, and all else stays as it was")
    func together() {
        let both = RetryPolicy.exponential(maxAttempts: 3)
            .retrying(only: Status.self, Passing.self)
            .neverRetrying(if: { ($0 as? Status)?.code == 404 })
        #expect(both.isPermanent(Invalid()) && both.isPermanent(Status(code: 404)))
        #expect(!both.isPermanent(Status(code: 503)) && !both.isPermanent(Passing()))
        #expect(both.maxAttempts == 3 && both.delay(after: 2) == .seconds(2) && both.objection == nil)
    }

    @Test("A permanent failure says what is behind it, however often it is wrapped")
    func permanentFailure() {
        #expect("\(PermanentFailure("no order 7"))" == "no order 7" && PermanentFailure("x").cause == nil)
        let wrapped = PermanentFailure(PermanentFailure(Status(code: 1)))
        #expect(wrapped.cause is Status && wrapped.reason == "\(Status(code: 1))")
        #expect(PermanentFailure(PermanentFailure("x")).cause == nil)
    }
}
