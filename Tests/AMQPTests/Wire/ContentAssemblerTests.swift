import Testing
import WarrenRuntime

@testable import AMQP

extension ContentAssembler {
    mutating func body(_ bytes: [UInt8]) throws(WireError) -> Content? {
        try unsafe bytes.withUnsafeBytes { bytes in
            Result { () throws(WireError) in unsafe try body(bytes) }
        }.get()
    }
}

@Suite("The content assembler")
struct ContentAssemblerTests {
    private static let method = ServerMethodTests.envelope
    private static let properties = AMQPProperties(messageID: "m")

    private static func begun(_ size: UInt64) throws -> ContentAssembler {
        var assembler = ContentAssembler()
        try assembler.begin(.deliver(method))
        #expect(try assembler.header(ContentHeader(bodySize: size, properties: Boxed(properties))) == nil)
        return assembler
    }

    @Test("puts a body together from however many frames", arguments: [1, 2, 3, 7, 100])
    func pieces(piece: Int) throws {
        let body = [UInt8](0..<100)
        var assembler = try Self.begun(100)
        for start in stride(from: 0, to: 100, by: piece) {
            let end = min(start + piece, 100)
            let content = try assembler.body(Array(body[start..<end]))
            guard end == 100 else {
                #expect(content == nil)
                continue
            }
            #expect(content?.message == AMQPMessage(body: body, properties: Self.properties))
            #expect(content?.method == .deliver(Self.method))
        }
        try assembler.begin(.deliver(Self.method))
    }

    @Test("knows a message without body by its header alone")
    func emptyBody() throws {
        var assembler = ContentAssembler()
        try assembler.begin(.deliver(Self.method))
        let content = try assembler.header(ContentHeader(bodySize: 0, properties: Boxed(Self.properties)))
        #expect(content?.message == AMQPMessage(body: [], properties: Self.properties))
        try assembler.begin(.deliver(Self.method))
    }

    @Test("lets empty body frames pass")
    func emptyFrames() throws {
        var assembler = try Self.begun(2)
        #expect(try assembler.body([]) == nil)
        #expect(try assembler.body([1]) == nil)
        #expect(try assembler.body([]) == nil)
        #expect(try assembler.body([2])?.message.body == [1, 2])
    }

    @Test("refuses a body longer than its header says")
    func tooLong() throws {
        let error = WireError("a body longer than its header says")
        var assembler = try Self.begun(2)
        #expect(throws: error) { try assembler.body([1, 2, 3]) }
        assembler = try Self.begun(2)
        _ = try assembler.body([1])
        #expect(throws: error) { try assembler.body([2, 3]) }
    }

    @Test("refuses parts that belong to no message")
    func strayParts() throws {
        var assembler = ContentAssembler()
        let header = ContentHeader(bodySize: 1, properties: Boxed(Self.properties))
        #expect(throws: WireError("a content header that belongs to no message")) { try assembler.header(header) }
        #expect(throws: WireError("a body frame that belongs to no message")) { try assembler.body([1]) }
        try assembler.begin(.deliver(Self.method))
        #expect(throws: WireError("a body frame that belongs to no message")) { try assembler.body([1]) }
        #expect(throws: WireError("a method in the middle of a message")) { try assembler.begin(.deliver(Self.method)) }
        _ = try assembler.header(header)
        #expect(throws: WireError("a content header that belongs to no message")) { try assembler.header(header) }
        #expect(throws: WireError("a method in the middle of a message")) { try assembler.begin(.deliver(Self.method)) }
    }

    @Test("takes no memory for a body that is only announced")
    func announced() throws {
        // A petabyte: reserving it would end the process.
        var assembler = try Self.begun(1 << 50)
        #expect(try assembler.body([1]) == nil)
    }
}
