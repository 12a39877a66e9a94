/// What this package is released as.
package enum Release {
    /// As the changelog has it.
    package static let version = "0.1.0"
}
