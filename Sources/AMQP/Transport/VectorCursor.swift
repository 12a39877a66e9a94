import Glibc

/// Walks through vectors as if they were one run of bytes.
///
/// The vectors and their memory must outlive it: it lives within one call.
@safe
struct VectorCursor: ~Copyable {
    private let vectors: UnsafeBufferPointer<iovec>
    private var index = 0
    private var offset = 0

    init(_ vectors: UnsafeBufferPointer<iovec>) {
        unsafe self.vectors = unsafe vectors
        skipFinished()
    }

    var isAtEnd: Bool { unsafe index == vectors.count }

    /// The next bytes: in place when one vector has enough of them, else gathered into `scratch`.
    mutating func next(
        atMost limit: Int,
        gatheringInto scratch: UnsafeMutableRawBufferPointer
    ) -> UnsafeRawBufferPointer {
        guard !isAtEnd else { return unsafe UnsafeRawBufferPointer(start: nil, count: 0) }
        let isLast = unsafe index == vectors.count - 1
        if unsafe isLast || rest.count >= limit { return unsafe take(limit) }
        var count = 0
        while count < min(limit, scratch.count), !isAtEnd {
            let piece = unsafe take(min(limit, scratch.count) - count)
            unsafe UnsafeMutableRawBufferPointer(rebasing: scratch[count...]).copyMemory(from: piece)
            count += piece.count
        }
        return unsafe UnsafeRawBufferPointer(rebasing: scratch[..<count])
    }

    /// What is left of the current vector.
    private var rest: UnsafeRawBufferPointer {
        let vector = unsafe vectors[index]
        let whole = unsafe UnsafeRawBufferPointer(start: vector.iov_base, count: vector.iov_len)
        return unsafe UnsafeRawBufferPointer(rebasing: whole[offset...])
    }

    private mutating func take(_ limit: Int) -> UnsafeRawBufferPointer {
        let piece = unsafe UnsafeRawBufferPointer(rebasing: rest.prefix(limit))
        offset += piece.count
        skipFinished()
        return unsafe piece
    }

    private mutating func skipFinished() {
        while unsafe index < vectors.count && offset == vectors[index].iov_len {
            index += 1
            offset = 0
        }
    }
}
