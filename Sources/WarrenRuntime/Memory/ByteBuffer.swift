import Glibc

/// Bytes that grow at the end: raw memory without the zeroing and uniqueness checks of an array.
///
/// `@unchecked Sendable`: it owns its memory alone (it cannot be copied), so moving it moves the memory.
@safe
package struct ByteBuffer: ~Copyable, @unchecked Sendable {
    @usableFromInline var base: UnsafeMutableRawPointer?
    package private(set) var capacity: Int
    package private(set) var count: Int

    package init() {
        unsafe base = nil
        capacity = 0
        count = 0
    }

    deinit {
        unsafe free(base)
    }

    package var isEmpty: Bool { count == 0 }

    /// Appends bytes.
    package mutating func append(_ bytes: UnsafeRawBufferPointer) {
        guard let source = bytes.baseAddress, bytes.count > 0 else { return }
        unsafe reserve(bytes.count).copyMemory(from: source, byteCount: bytes.count)
        count += bytes.count
    }

    package mutating func append(_ bytes: [UInt8]) {
        unsafe bytes.withUnsafeBytes { unsafe append($0) }
    }

    package mutating func append(_ bytes: borrowing ByteBuffer) {
        unsafe bytes.withUnsafeBytes { unsafe append($0) }
    }

    /// Appends up to `capacity` bytes that `body` writes; it returns how many it wrote.
    package mutating func append<Failure: Error>(
        capacity: Int,
        _ body: (UnsafeMutableRawBufferPointer) throws(Failure) -> Int
    ) throws(Failure) {
        let start = unsafe reserve(capacity)
        let written = try unsafe body(UnsafeMutableRawBufferPointer(start: start, count: capacity))
        precondition(written >= 0 && written <= capacity, "wrote outside the reserved space")
        count += written
    }

    /// Keeps the memory for reuse, up to `keeping` bytes of it.
    package mutating func removeAll(keeping: Int) {
        count = 0
        guard capacity > keeping else { return }
        unsafe free(base)
        unsafe base = nil
        capacity = 0
    }

    package borrowing func withUnsafeBytes<Result, Failure: Error>(
        _ body: (UnsafeRawBufferPointer) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        try unsafe body(UnsafeRawBufferPointer(start: base, count: count))
    }

    /// Overwrites bytes already written; `range` must lie inside.
    package mutating func withUnsafeMutableBytes<Result, Failure: Error>(
        _ body: (UnsafeMutableRawBufferPointer) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        try unsafe body(UnsafeMutableRawBufferPointer(start: base, count: count))
    }

    private mutating func reserve(_ additional: Int) -> UnsafeMutableRawPointer {
        let needed = count + additional
        if let base = unsafe base, needed <= capacity { return unsafe base + count }
        let grown = max(needed, capacity * 2, 4096)
        guard let moved = unsafe realloc(base, grown) else {
            // Like every Swift allocation: out of memory ends the process.
            fatalError("out of memory: \(grown) bytes")
        }
        unsafe base = moved
        capacity = grown
        return unsafe moved + count
    }
}
