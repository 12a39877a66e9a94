/// Numbers of lines, in rising order, as `3, 7-12`; it takes no more room when a million lines in a row are bad.
package struct LineRanges: Sendable, Hashable, CustomStringConvertible {
    /// How many ranges are named; the rest is only counted.
    private static let maximumNamed = 20
    private var ranges: [ClosedRange<Int>] = []
    private var unnamed = 0
    package private(set) var count = 0

    package init() {}

    package mutating func append(_ line: Int) {
        count += 1
        if unnamed == 0, let last = ranges.last, last.upperBound + 1 == line {
            ranges[ranges.count - 1] = last.lowerBound...line
        } else if ranges.count < Self.maximumNamed {
            ranges.append(line...line)
        } else {
            unnamed += 1
        }
    }

    /// `line 3`, or `lines 3, 7-12 and 9 more`.
    package var description: String {
        let names = ranges.map { $0.count == 1 ? "\($0.lowerBound)" : "\($0.lowerBound)-\($0.upperBound)" }
        let more = unnamed == 0 ? "" : " and \(unnamed) more"
        return (count == 1 ? "line " : "lines ") + names.joined(separator: ", ") + more
    }
}
