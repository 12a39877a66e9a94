import Testing

@testable import AMQP

@Suite("A server method that cannot be decoded")
struct ServerMethodErrorTests {
    @Test("because it ends too early is an error at every length", arguments: ServerMethodTests.all)
    func truncated(payload: WireBytes, method: ServerMethod) {
        for length in 0..<payload.bytes.count {
            let part = WireBytes(Array(payload.bytes[..<length]))
            #expect(throws: WireError.self, "\(length) bytes of \(method)") { try ServerMethod.decoding(part) }
        }
    }

    @Test("because no broker sends it is named")
    func unexpected() {
        let fromClients: [(UInt16, UInt16)] = [
            (10, 11), (10, 31), (10, 40), (20, 10), (20, 21), (40, 10), (50, 10), (60, 10), (60, 20), (60, 40),
            (60, 70), (60, 90), (60, 110), (85, 10), (90, 10),
        ]
        let unknown: [(UInt16, UInt16)] = [(0, 0), (10, 0), (10, 72), (30, 10), (60, 61), (.max, .max)]
        for (classID, methodID) in fromClients + unknown {
            #expect(throws: WireError("method \(classID).\(methodID), which a broker does not send")) {
                try ServerMethod.decoding(.method(classID, methodID, WireBytes([UInt8](repeating: 0, count: 64))))
            }
        }
    }

    @Test("because its payload is too short to say what it is")
    func short() {
        #expect(throws: WireError("a method frame of 0 bytes")) { try ServerMethod.decoding([]) }
        #expect(throws: WireError("a method frame of 3 bytes")) { try ServerMethod.decoding([0, 10, 0]) }
    }

    @Test("because its properties nest deeper than the C decoder may go")
    func nested() {
        var table: WireBytes = .table()
        for _ in 0..<10_000 { table = .table(.entry("", "F", table)) }
        let start = WireBytes.method(10, 10, [0, 9], table, .longString("PLAIN"), .longString("en_US"))
        #expect(throws: WireError("a field table nested deeper than 32 levels")) {
            try ServerMethod.decoding(start)
        }
    }

    @Test("leaves the decoder able to go on")
    func goesOn() throws {
        var decoder = MethodDecoder()
        for (payload, method) in ServerMethodTests.all {
            let part = Array(payload.bytes.dropLast())
            #expect(throws: WireError.self) { try unsafe part.withUnsafeBytes { unsafe try decoder.decode($0) } }
            #expect(try unsafe payload.bytes.withUnsafeBytes { unsafe try decoder.decode($0) } == method)
        }
    }
}
