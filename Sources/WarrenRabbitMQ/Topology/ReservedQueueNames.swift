import Warren

/// Names that no subscription's queue may have.
package enum ReservedQueueNames {
    /// Whose a name is.
    ///
    /// - Returns: it in words, such as `'amq.' belongs to the broker`; `nil` when anybody may have it.
    package static func owner(of name: String) -> String? {
        if name.hasPrefix("amq.") { return "'amq.' belongs to the broker" }
        if RetryStep.isStep(name) { return "'\(RetryStep.namePrefix)' belongs to retries" }
        return LadderExit.names.contains(name) ? "'\(name)' belongs to retries" : nil
    }
}
