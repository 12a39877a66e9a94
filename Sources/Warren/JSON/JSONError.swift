/// Why a text is not JSON: where, and what should have stood there.
package struct JSONError: Error, Hashable, CustomStringConvertible {
    /// The offset of the offending byte, from 0; the length of the text when it ended too early.
    package let offset: Int
    package let reason: String

    package init(offset: Int, reason: String) {
        self.offset = offset
        self.reason = reason
    }

    package var description: String { "byte \(offset): \(reason)" }
}
