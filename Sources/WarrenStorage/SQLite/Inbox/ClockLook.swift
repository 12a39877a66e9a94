import WarrenRuntime

/// What the calendar said, and at the same time the clock that nobody can set.
struct ClockLook {
    let calendar: WallTime
    let clock: MonotonicTime

    /// What the calendar said from an earlier look on, as far as it was wrong: by now it was set forward.
    ///
    /// - Parameters:
    ///   - former: the earlier look.
    ///   - tolerance: how far it may have been set forward all the same.
    /// - Returns: those times; `nil` where the calendar has gone with the clock, or was set back.
    func outdatedTimes(since former: ClockLook, tolerance: Duration) -> ClosedRange<WallTime>? {
        let expected = former.calendar.advanced(by: former.clock.duration(until: clock))
        let latest = expected.advanced(by: tolerance)
        return calendar > latest ? former.calendar...latest : nil
    }
}
