/// Cuts a stream of bytes into lines, however the chunks fall; memory is bounded by the longest line allowed.
package struct LineSplitter {
    package enum Line: Hashable {
        /// A line without its end.
        case text([UInt8])
        /// A line over the limit: skipped to its end.
        case tooLong
    }

    private let limit: Int
    private var partial: [UInt8] = []
    private var isSkipping = false

    /// - Parameter limit: how many bytes a line may have, without its end.
    package init(limit: Int) {
        self.limit = limit
    }

    /// Takes the next chunk and shows each line that ends in it.
    package mutating func feed(_ chunk: [UInt8], _ body: (Line) -> Void) {
        var rest = chunk[...]
        while let end = rest.firstIndex(of: UInt8(ascii: "\n")) {
            take(rest[..<end])
            body(endLine())
            rest = rest[(end + 1)...]
        }
        take(rest)
    }

    /// The last line, if the stream ended without a line end.
    package mutating func finish() -> Line? {
        isSkipping || !partial.isEmpty ? endLine() : nil
    }

    private mutating func take(_ bytes: ArraySlice<UInt8>) {
        guard !isSkipping else { return }
        guard bytes.count <= limit - partial.count else {
            isSkipping = true
            partial = []
            return
        }
        partial += bytes
    }

    private mutating func endLine() -> Line {
        defer {
            isSkipping = false
            partial.removeAll(keepingCapacity: partial.capacity <= 1 << 20)
        }
        if isSkipping { return .tooLong }
        if partial.last == UInt8(ascii: "\r") { partial.removeLast() }
        return .text(partial)
    }
}
