import Foundation
import Testing
import WarrenRuntime

@Suite("I/O thread")
struct IOThreadTests {
    private func onThread<Result: Sendable>(
        named name: String,
        _ body: @escaping @Sendable () -> Result
    ) async throws -> Result {
        try await withCheckedThrowingContinuation { continuation in
            do {
                try IOThread.start(name: name) { continuation.resume(returning: body()) }
            } catch {
                continuation.resume(throwing: error)
            }
        }
    }

    @Test(
        "The body runs on a thread that carries the name, as far as the kernel keeps it",
        arguments: [("warren-io", "warren-io"), ("warren-connection-1", "warren-connecti"), ("", "")]
    )
    func name(name: String, kept: String) async throws {
        let comm = try await onThread(named: name) {
            (try? String(contentsOfFile: "/proc/thread-self/comm", encoding: .utf8)) ?? "unreadable"
        }
        #expect(kept.isEmpty || comm == kept + "\n")
    }

    @Test("Each thread is another one")
    func own() async throws {
        let first = try await onThread(named: "first") { UInt(pthread_self()) }
        let caller = UInt(pthread_self())
        #expect(first != caller)
    }

    @Test("The stack holds what would overrun a usual one")
    func stack() async throws {
        @Sendable @inline(never)
        func descend(from top: UInt?) -> UInt {
            var local: UInt8 = 0
            let here = unsafe withUnsafePointer(to: &local) { UInt(bitPattern: $0) }
            let depth = (top ?? here) - here
            return depth > 12 << 20 ? depth : descend(from: top ?? here)
        }
        #expect(try await onThread(named: "deep") { descend(from: nil) } > 12 << 20)
    }
}
