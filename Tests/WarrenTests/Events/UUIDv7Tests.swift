import Foundation
import Testing

import Warren

@Suite("UUIDs of version 7")
struct UUIDv7Tests {
    @Test("are UUIDs, of version 7 and variant 2, with the time in front")
    func shape() throws {
        let before = EventTimestamp.now().milliseconds
        let id = UUIDv7.make()
        let text = id.description
        #expect(UUID(uuidString: text)?.uuidString.lowercased() == text)
        #expect(text.wholeMatch(of: /[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}/) != nil)
        #expect(Int64(id.milliseconds) >= before)
        #expect(id.milliseconds == UInt64(text.prefix(13).replacing("-", with: ""), radix: 16))
    }

    @Test("match the example of RFC 9562, appendix A.6")
    func example() {
        let id = UUIDv7(milliseconds: 0x017F_22E2_79B0, counter: 0xCC3, random: 0x18C4_DC0C_0C07_398F << 2)
        #expect(id.description == "017f22e2-79b0-7cc3-98c4-dc0c0c07398f")
    }

    @Test("rise without end, as text too, and are all different, from many tasks at once")
    func order() async {
        let lists = await withTaskGroup { group in
            for _ in 0..<4 {
                group.addTask { (0..<5_000).map { _ in UUIDv7.make() } }
            }
            return await group.reduce(into: [[UUIDv7]]()) { $0.append($1) }
        }
        for list in lists {
            #expect(zip(list, list.dropFirst()).allSatisfy { $0 < $1 && $0.description < $1.description })
        }
        #expect(Set(lists.joined()).count == 20_000)
    }

    @Test("rise when the clock stands still, when it is set back, and when a millisecond's counter is spent")
    func clock() {
        var sequence = UUIDv7.Sequence()
        var last = sequence.next(milliseconds: 1_000, start: .max, random: 0)
        for index in 0..<10_000 {
            let next = sequence.next(milliseconds: index.isMultiple(of: 3) ? 10 : 1_000, start: .max, random: 0)
            #expect(last < next)
            last = next
        }
        #expect(last.milliseconds > 1_000 && last.milliseconds < 1_010)
        #expect(sequence.next(milliseconds: 5_000, start: 7, random: 0).milliseconds == 5_000)
    }
}
