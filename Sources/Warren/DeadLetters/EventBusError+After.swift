extension EventBusError {
    /// The same failure, which says for how many dead letters something was done before it.
    ///
    /// - Parameters:
    ///   - count: for how many.
    ///   - past: what was done, such as `requeued`.
    /// - Returns: that failure.
    package func after(_ count: Int, _ past: String) -> EventBusError {
        count > 0 ? EventBusError(code, "\(message); \(count) were \(past) before") : self
    }
}
