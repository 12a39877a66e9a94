import Testing
import WarrenRuntime

@Suite("Numbers of lines")
struct LineRangesTests {
    private func named(_ lines: [Int]) -> String {
        var ranges = LineRanges()
        for line in lines { ranges.append(line) }
        return ranges.description
    }

    @Test("are named one by one and as ranges")
    func names() {
        #expect(named([3]) == "line 3")
        #expect(named([3, 4]) == "lines 3-4")
        #expect(named([1, 3, 7, 8, 9, 12]) == "lines 1, 3, 7-9, 12")
        #expect(named(Array(1...1_000_000)) == "lines 1-1000000")
    }

    @Test("are only counted beyond twenty ranges")
    func many() {
        let expected = "lines " + (0..<20).map { "\($0 * 2)" }.joined(separator: ", ") + " and 81 more"
        #expect(named((0...100).map { $0 * 2 }) == expected)
    }
}
