import Foundation
import Testing
import WarrenRuntime
import WarrenTelemetry

@Suite("Log formats")
struct LogFormatTests {
    private func record(_ message: String, _ fields: KeyValuePairs<String, String> = [:]) -> LogRecord {
        LogRecord(
            time: WallTime(milliseconds: 1_718_348_475_668),
            level: .info,
            label: "amqp",
            message: message,
            fields: fields
        )
    }

    @Test("Text says when, how bad, who, what, and the fields in their order")
    func text() {
        let line = LogFormat.text.line(record("connection lost", ["host": "a.example", "attempt": "3"]))
        #expect(line == "2024-06-14T07:01:15.668Z info amqp: connection lost host=a.example attempt=3")
    }

    @Test(
        "A text value is quoted where it would be misread",
        arguments: [
            ("plain", "plain"),
            ("Köln-🐇", "Köln-🐇"),
            ("", "\"\""),
            ("a b", "\"a b\""),
            ("a=b", "\"a=b\""),
            ("a\"b", "\"a\\\"b\""),
            ("a\\b", "\"a\\\\b\""),
            ("a\nb", "a\\nb"),
            ("a\r\nb", "a\\r\\nb"),
            ("\u{1B}[31m", "\\u001b[31m"),
            ("a\u{2028}b\u{85}", "a\\u2028b\\u0085"),
        ]
    )
    func quoting(value: String, expected: String) {
        #expect(LogFormat.text.line(record("m", ["k": value])).hasSuffix(": m k=\(expected)"))
    }

    @Test("No message, label or key breaks the line", arguments: [LogFormat.text, .json])
    func oneLine(format: LogFormat) {
        let nasty = "a\nb\r\u{0B}\u{0C}\u{2028}\u{2029}\u{85}\u{1B}c"
        let record = LogRecord(level: .error, label: nasty, message: nasty, fields: [nasty: nasty])
        let line = format.line(record)
        #expect(line.split(omittingEmptySubsequences: false, whereSeparator: \.isNewline).count == 1)
        #expect(!line.unicodeScalars.contains { $0.properties.generalCategory == .control })
    }

    @Test("JSON has its members, and no fields where there are none")
    func json() {
        let prefix = #"{"time":"2024-06-14T07:01:15.668Z","level":"info","label":"amqp","message":"m""#
        #expect(LogFormat.json.line(record("m")) == prefix + "}")
        #expect(
            LogFormat.json.line(record("m", ["b": "2", "a": "1"])) == prefix + #","fields":{"b":"2","a":"1"}}"#
        )
    }

    @Test("JSON is valid and loses nothing, for every Unicode scalar there is")
    func everyScalar() throws {
        struct Line: Decodable {
            let label: String
            let message: String
            let fields: [String: String]
        }
        var scalars = String.UnicodeScalarView()
        for value in UInt32(0)...0x10FFFF { Unicode.Scalar(value).map { scalars.append($0) } }
        let all = String(scalars)
        let record = LogRecord(level: .info, label: "\"\\\u{0}", message: all, fields: ["\"\n": "\\\u{1F}"])
        let line = try JSONDecoder().decode(Line.self, from: Data(LogFormat.json.line(record).utf8))
        #expect(line.label == "\"\\\u{0}")
        #expect(line.fields == ["\"\n": "\\\u{1F}"])
        let isSame = line.message.unicodeScalars.elementsEqual(all.unicodeScalars)
        #expect(isSame)
    }
}
