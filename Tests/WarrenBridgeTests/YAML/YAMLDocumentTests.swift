import Testing
import WarrenBridge

@Suite("A YAML text")
struct YAMLDocumentTests {
    @Test(
        "becomes a tree with the place of each value",
        arguments: [
            ("a: 1", "{a@1:1: 1@1:4}@1:1"),
            ("a: '1'\nb:\n  - x\n  - \"y\"\n", "{a@1:1: \"1\"@1:4, b@2:1: [x@3:5 \"y\"@4:5]@3:3}@1:1"),
            ("{ a: [1, 2], b: {} }", "{a@1:3: [1@1:7 2@1:10]@1:6, b@1:14: {}@1:17}@1:1"),
            ("# only\n---\nä: ö # x\n...\n", "{ä@3:1: ö@3:4}@3:1"),
            ("äöü: x", "{äöü@1:1: x@1:6}@1:1"),
            ("a:\nb: ~", "{a@1:1: @1:3, b@2:1: ~@2:4}@1:1"),
            ("a: |\n  x\n  y\n", "{a@1:1: \"x\ny\n\"@1:4}@1:1"),
            ("a: x\n  y", "{a@1:1: x y@1:4}@1:1"),
            ("url: amqp://u:p@h:1/${X:-y}#z", "{url@1:1: amqp://u:p@h:1/${X:-y}#z@1:6}@1:1"),
            ("a: 1\r\nb: 2\r\n", "{a@1:1: 1@1:4, b@2:1: 2@2:4}@1:1"),
            ("\u{FEFF}a: 1", "{a@1:1: 1@1:4}@1:1"),
            ("x", "x@1:1"),
            ("%YAML 1.2\n---\n- a", "[a@3:3]@3:1"),
        ]
    )
    func tree(text: String, outline: String) {
        let document = YAMLDocument(Array(text.utf8))
        #expect(document.problems == [])
        #expect(document.root?.outline == outline)
    }

    @Test("may be empty", arguments: ["", "\n\n", "# nothing", "  \n# x\n"])
    func empty(text: String) {
        let document = YAMLDocument(Array(text.utf8))
        #expect(document.problems == [] && document.root == nil)
    }

    @Test(
        "that is no YAML is a problem with its place",
        arguments: [
            (
                "a: [1, 2",
                "2:1: did not find expected ',' or ']', while parsing a flow sequence that begins at 1:4"
            ),
            ("a: 1\n b: 2", "2:3: mapping values are not allowed in this context"),
            ("a: 1\nb", "3:1: could not find expected ':', while scanning a simple key that begins at 2:1"),
            ("a: 'x", "1:6: found unexpected end of stream, while scanning a quoted scalar that begins at 1:4"),
            (
                "a:\n\t- 1",
                "2:1: found character that cannot start any token, while scanning for the next token: "
                    + "put quotes round the text, or spaces for a tab"
            ),
            (
                "a: *.b",
                "1:5: did not find expected alphabetic or numeric character, while scanning an alias that begins at 1:4: "
                    + "put quotes round a text that begins with '*'"
            ),
            ("a: 1\näb: \u{1}", "2:5: control characters are not allowed"),
            ("a: \u{0}", "1:4: control characters are not allowed"),
            ("a: \u{FFFE}", "1:4: control characters are not allowed"),
            ("a: \"\\q\"", "1:5: found unknown escape character, while parsing a quoted scalar that begins at 1:4"),
            ("]", "1:1: did not find expected node content, while parsing a block node"),
            ("a: 1\n---\nb: 2", "2:1: a second document begins here, expected one in a file"),
            ("%YAML 3.0\n--- a", "1:1: found incompatible YAML document"),
        ]
    )
    func syntax(text: String, problem: String) {
        let document = YAMLDocument(Array(text.utf8))
        #expect(document.root == nil)
        #expect(document.problems.map(\.description) == [problem])
    }

    @Test("with several things that are not supported names them all and keeps the rest")
    func collected() {
        let text = """
            a: &x 1
            b: *x
            c: !!str 2
            d: { <<: *x, e: 1, e: 2 }
            ? [1]
            : 2
            a: 3
            '<<': '4'
            """
        let document = YAMLDocument(Array(text.utf8))
        #expect(
            document.problems.map(\.description) == [
                "1:4: an anchor ('&' and a name) is not supported",
                "2:4: an alias ('*' and a name) is not supported: write the value itself, or quotes round a pattern",
                "3:4: a tag ('!' and a name) is not supported",
                "4:10: an alias ('*' and a name) is not supported: write the value itself, or quotes round a pattern",
                "4:6: a merge key ('<<') is not supported: write the keys themselves",
                "4:20: the key 'e' stands a second time, first on line 4",
                "5:3: a key must be a text",
                "7:1: the key 'a' stands a second time, first on line 1",
            ]
        )
        #expect(
            document.root?.outline
                == "{a@1:1: 1@1:4, b@2:1: ?@2:4, c@3:1: 2@3:4, d@4:1: {e@4:14: 1@4:17}@4:4, <<@8:1: \"4\"@8:7}@1:1"
        )
    }

    @Test("has bounds for its size, its depth and its number of values")
    func bounds() {
        var limits = YAMLDocument.Limits()
        (limits.size, limits.depth, limits.nodes) = (40, 2, 6)
        func problems(_ text: String) -> [String] {
            YAMLDocument(Array(text.utf8), limits: limits).problems.map(\.description)
        }
        #expect(problems("[[1]]") == [])
        #expect(problems("[[[1]]]") == ["1:4: nested more than 2 levels deep"])
        #expect(problems("{a: {b: {c: 1}}}") == ["1:10: nested more than 2 levels deep"])
        #expect(problems("[1, 2, 3, 4, 5]") == [])
        #expect(problems("[1, 2, 3, 4, 5, 6]") == ["1:17: more than 6 keys and values"])
        #expect(problems("a: 1\nb: 2\nc: 3\nd: 4") == ["3:4: more than 6 keys and values"])
        #expect(problems("# " + String(repeating: "x", count: 38)) == [])
        #expect(
            problems("# " + String(repeating: "x", count: 39)) == ["1:1: the text is longer than 40 bytes"]
        )
    }
}
