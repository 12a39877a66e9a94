import Foundation
import Testing
import Warren
import WarrenTesting

/// Random and mutated texts, the same in every run.
@Suite("The JSON scanner, fuzzed")
struct JSONFuzzTests {
    static let seeds = [
        #"{"event_id":"1","event_type":"Order.Paid","data":{"n":[1,-2.5e10,true,null,"é\u00e9\\"]}}"#,
        #"[[[]],{"a":{"b":{}}},"\"",0,-0.0,1E5,"😀"]"#, #""\ud83d\ude00""#, "  {\n\"a\"\t:\r1 , \"b\" : [ ] } ",
        "-12.50e-7",
    ]
    static let alphabet =
        Array(#"{}[]:,"\/ntfu0123456789+-.eE aA"#.utf8) + [0x00, 0x0A, 0x1F, 0x7F, 0x80, 0xC3, 0xE2, 0xFF]

    @Test("agrees with Foundation on what is valid")
    func agreement() throws {
        var random = SeededGenerator(seed: 0x5EED)
        var valid = 0
        for _ in 0..<20_000 {
            let text = mutated(using: &random)
            let scanned = (try? JSONScanner.validate(text)) != nil
            if scanned { valid += 1 }
            guard Self.isComparable(text) else { continue }
            let reference =
                (try? JSONSerialization.jsonObject(with: Data(text), options: .fragmentsAllowed)) != nil
            #expect(scanned == reference, "\(String(decoding: text, as: UTF8.self).debugDescription)")
        }
        // Else the inputs were all of one sort, and the agreement worth nothing.
        #expect(valid > 1_000 && valid < 15_000)
    }

    @Test("survives anything, and a member's span is a value in its own right")
    func spans() throws {
        var random = SeededGenerator(seed: 0xF00D)
        for _ in 0..<10_000 {
            let text = mutated(using: &random)
            var scanner = JSONScanner(text)
            var members: [JSONMember] = []
            _ = try? scanner.object { members.append($0) }
            for member in members {
                let value = Array(text[member.value.range])
                #expect(try JSONScanner.validate(value) == JSONSpan(kind: member.value.kind, range: 0..<value.count))
                #expect(try JSONScanner.validate(Array(text[member.key])).kind == .string)
            }
        }
    }

    @Test("whatever text a string holds comes back from its JSON")
    func strings() throws {
        var random = SeededGenerator(seed: 0xCAFE)
        for _ in 0..<5_000 {
            let scalars = (0..<Int.random(in: 0...12, using: &random)).compactMap { _ in
                UnicodeScalar(UInt32.random(in: 0...(Bool.random(using: &random) ? 0x7F : 0x10FFFF), using: &random))
            }
            let text = String(String.UnicodeScalarView(scalars))
            var json: [UInt8] = []
            JSONText.append(text, to: &json)
            #expect(try JSONScanner.validate(json) == JSONSpan(kind: .string, range: json.indices))
            #expect(JSONText.text(of: json, in: json.indices) == text)
            #expect(try JSONDecoder().decode(String.self, from: Data(json)) == text)
        }
    }

    private func mutated(using random: inout SeededGenerator) -> [UInt8] {
        var text = Array((Self.seeds.randomElement(using: &random) ?? "").utf8)
        for _ in 0..<Int.random(in: 0...3, using: &random) {
            let at = Int.random(in: 0...text.count, using: &random)
            let end = min(text.count, at + Int.random(in: 0...4, using: &random))
            switch Int.random(in: 0..<4, using: &random) {
            case 0: text.removeSubrange(at..<end)
            case 1: text.insert(contentsOf: text[at..<end], at: at)
            case 2: text.insert(Self.alphabet.randomElement(using: &random) ?? 0, at: at)
            default: text.replaceSubrange(at..<end, with: [Self.alphabet.randomElement(using: &random) ?? 0])
            }
        }
        return text
    }

    /// Foundation guesses other encodings from zero bytes and byte order marks, and wants Unicode text and finite
    /// numbers, of which the grammar of RFC 8259 says nothing; and it takes a comma before `}`, which that forbids.
    private static func isComparable(_ text: [UInt8]) -> Bool {
        let string = String(decoding: text, as: UTF8.self).lowercased()
        return !text.contains(0) && text.first.map { $0 < 0x80 } ?? true && !string.contains("\\ud")
            && !string.contains(/e\+?\d{3}/) && !string.contains(/,\s*}/)
    }
}
