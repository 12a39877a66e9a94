/// A place in a text, counted as editors do.
package struct TextPlace: Sendable, Hashable, Comparable, CustomStringConvertible {
    /// From 1.
    package let line: Int

    /// From 1, in code points.
    package let column: Int

    package init(line: Int, column: Int) {
        self.line = line
        self.column = column
    }

    /// The place as `LINE:COLUMN`.
    package var description: String { "\(line):\(column)" }

    package static func < (left: TextPlace, right: TextPlace) -> Bool {
        (left.line, left.column) < (right.line, right.column)
    }
}
