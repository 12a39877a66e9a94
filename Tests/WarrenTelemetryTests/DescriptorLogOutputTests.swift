import Foundation
import Testing
import WarrenTelemetry

@Suite("Logging to a descriptor")
struct DescriptorLogOutputTests {
    @Test("Lines of many threads stay whole, also through a full pipe that does not block")
    func threads() async throws {
        let pipe = Pipe()
        let descriptor = pipe.fileHandleForWriting.fileDescriptor
        try #require(fcntl(descriptor, F_SETFL, O_NONBLOCK) == 0)
        let output = DescriptorLogOutput(descriptor: descriptor, format: .text)
        let logger = Logger(label: "l", output: output)
        let filler = String(repeating: "x", count: 400)

        async let read = readAll(pipe.fileHandleForReading)
        await withTaskGroup { group in
            for task in 0..<8 {
                group.addTask { for number in 0..<500 { logger.info("\(filler)", ["id": "\(task)-\(number)"]) } }
            }
        }
        try pipe.fileHandleForWriting.close()
        let lines = String(decoding: await read, as: UTF8.self).split(separator: "\n")

        let ids = Set(lines.compactMap { $0.split(separator: " id=").last })
        #expect(lines.count == 4000)
        #expect(ids.count == 4000)
        #expect(lines.allSatisfy { $0.contains(" info l: \(filler) id=") })
        #expect(output.lostLines == 0)
    }

    @Test("A line that cannot be written is counted, and the next one is tried")
    func lost() {
        let output = DescriptorLogOutput(descriptor: -1, format: .json)
        let logger = Logger(label: "l", output: output)
        logger.info("a")
        logger.info("b")
        #expect(output.lostLines == 2)
    }

    @concurrent
    private func readAll(_ handle: FileHandle) async -> Data {
        (try? handle.readToEnd()) ?? Data()
    }
}
