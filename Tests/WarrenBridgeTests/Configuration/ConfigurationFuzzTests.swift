import Testing
import WarrenBridge
import WarrenTesting

/// Whatever stands in the file, there is a configuration or an error; nothing ends the process.
@Suite("Any text at all")
struct ConfigurationFuzzTests {
    @Test("that is a beginning of a configuration is read or refused with its places")
    func truncated() {
        let bytes = Array(ConfigurationText.example.utf8)
        for length in bytes.indices { check(String(decoding: bytes[..<length], as: UTF8.self)) }
    }

    @Test("that is a configuration with some bytes changed is read or refused", arguments: [1, 2, 3, 4] as [UInt64])
    func mutated(seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        let original = Array(ConfigurationText.example.utf8)
        let alphabet = Array("{}[]:,-#*&!|>'\"%@` \n\t\\?$~.<=0aé\u{0}\u{FEFF}\u{85}".utf8) + [0xFF, 0xC0, 0x80]
        for _ in 0..<500 {
            var bytes = original
            for _ in 0..<Int.random(in: 1...6, using: &random) {
                let place = Int.random(in: bytes.indices, using: &random)
                let byte = alphabet.randomElement(using: &random) ?? 0
                switch Int.random(in: 0..<4, using: &random) {
                case 0: bytes[place] = byte
                case 1: bytes.insert(byte, at: place)
                case 2: bytes.remove(at: place)
                default: bytes.removeSubrange(place..<min(bytes.count, place + 40))
                }
                if bytes.isEmpty { break }
            }
            check(YAMLDocument(bytes))
            check(String(decoding: bytes, as: UTF8.self))
        }
    }

    @Test("that is made of YAML's signs alone is read or refused", arguments: [5, 6] as [UInt64])
    func random(seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        let words =
            ["{", "}", "[", "]", ":", ": ", ",", "- ", "\n", "\n  ", "#", "*", "&a ", "*a", "!", "|", ">", "'", "\""]
            + ["a", "events", "bridge", "sinks", "? ", "<<", "---", "...", "%YAML 1.1\n", "\t", "$", "${", "~"]
        for _ in 0..<4000 {
            let count = Int.random(in: 0..<30, using: &random)
            check((0..<count).map { _ in words.randomElement(using: &random) ?? "" }.joined())
        }
    }

    @Test(
        "that is as long as it may be is read or refused in a moment",
        arguments: [
            "[", "{a: ", "- ", "a: ", "? ", "x", "\"", "a: b\n", "[],", "!x ", "&a ", "\n", "#", "- - \n", "  ", ": ",
            "'",
        ]
    )
    func long(piece: String) {
        let text = String(repeating: piece, count: (1 << 20) / piece.utf8.count)
        let start = ContinuousClock.now
        check(text)
        check("a: [" + text.dropLast(10))
        #expect(start.duration(to: .now) < .seconds(20))
    }

    private func check(_ text: String) {
        check(YAMLDocument(Array(text.utf8)))
        do throws(ConfigurationError) {
            _ = try ConfigurationText.parsed(text)
        } catch {
            #expect(!error.problems.isEmpty)
            #expect(error.problems.allSatisfy { $0.place != nil && !$0.message.contains("\n") })
        }
    }

    private func check(_ document: YAMLDocument) {
        #expect(document.problems.allSatisfy { $0.place.line > 0 && $0.place.column > 0 && !$0.message.isEmpty })
    }
}
