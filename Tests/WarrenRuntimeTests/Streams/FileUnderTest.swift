import Foundation
import Glibc
import WarrenTesting

@testable import WarrenRuntime

/// The path of a file in a folder of its own.
final class FileUnderTest: Sendable {
    private let folder: TemporaryFolder
    let path: String

    init(_ text: String? = nil) throws {
        folder = try TemporaryFolder()
        path = folder.path(of: "lines")
        if let text { try Data(text.utf8).write(to: URL(filePath: path)) }
    }

    var text: String {
        get throws { String(decoding: try Data(contentsOf: URL(filePath: path)), as: UTF8.self) }
    }

    func open(_ calls: FileCalls = .system) throws -> LineFile {
        try LineFile(path: path, calls: calls) { $0.last == UInt8(ascii: "}") }
    }
}

extension LineFile {
    func append(_ text: String) async throws(Failure) { try await append(Array(text.utf8)) }
}

/// Calls that a test watches and lets fail; everything else about them is real.
final class CallsUnderTest: Sendable {
    struct State {
        var flushes = 0
        var writes = 0
        /// How many bytes there is room for; then comes ENOSPC.
        var room = Int.max
        var flushError: Int32?
        var truncateError: Int32?
        /// Whether writing waits.
        var isHeld = false
        var isWriting = false
    }

    let state = Locked(State())

    var value: State { state.withLock { $0 } }

    func change(_ change: (inout State) -> Void) { state.withLock { change(&$0) } }

    var calls: FileCalls {
        let state = self
        var calls = FileCalls.system
        unsafe calls.write = { descriptor, bytes throws(SystemError) in
            state.change { $0.isWriting = true }
            while state.value.isHeld { usleep(100) }
            let room = state.state.withLock { state in
                state.writes += 1
                defer { state.room -= min(state.room, bytes.count) }
                return state.room
            }
            guard room > 0 else { throw SystemError(call: "write", code: ENOSPC) }
            let part = unsafe UnsafeRawBufferPointer(rebasing: bytes[..<min(room, bytes.count)])
            return try unsafe FileCalls.system.write(descriptor, part)
        }
        calls.flush = { descriptor throws(SystemError) in
            state.change { $0.flushes += 1 }
            if let code = state.value.flushError { throw SystemError(call: "fdatasync", code: code) }
            try FileCalls.system.flush(descriptor)
        }
        calls.truncate = { descriptor, length throws(SystemError) in
            if let code = state.value.truncateError { throw SystemError(call: "ftruncate", code: code) }
            try FileCalls.system.truncate(descriptor, length)
        }
        return calls
    }
}
