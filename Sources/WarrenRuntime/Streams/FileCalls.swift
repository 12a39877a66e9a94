import Glibc

/// The system calls that a ``LineFile`` changes its file with: a test counts them, or lets them fail.
@safe
package struct FileCalls: Sendable {
    /// Writes the beginning of the bytes, at least one.
    package var write: @Sendable (Int32, UnsafeRawBufferPointer) throws(SystemError) -> Int

    /// Cuts a file to a length.
    package var truncate: @Sendable (Int32, Int64) throws(SystemError) -> Void

    /// Waits until a file's bytes and length are on the disk.
    package var flush: @Sendable (Int32) throws(SystemError) -> Void

    /// The calls themselves.
    package static let system = unsafe FileCalls(
        write: { descriptor, bytes throws(SystemError) in
            let count = unsafe Glibc.write(descriptor, bytes.baseAddress, bytes.count)
            guard count > 0 else { throw SystemError(call: "write", code: count < 0 ? errno : EIO) }
            return count
        },
        truncate: { descriptor, length throws(SystemError) in
            guard ftruncate(descriptor, off_t(length)) == 0 else { throw SystemError(call: "ftruncate", code: errno) }
        },
        flush: { descriptor throws(SystemError) in
            guard fdatasync(descriptor) == 0 else { throw SystemError(call: "fdatasync", code: errno) }
        }
    )

    /// Writes all of the bytes.
    ///
    /// - Parameters:
    ///   - bytes: what to write.
    ///   - descriptor: where to.
    ///   - waitForRoom: waits until a full pipe takes more; `false` when it shall not be waited for.
    /// - Returns: how many bytes were written, and why not all.
    func writeAll(
        _ bytes: [UInt8],
        to descriptor: Int32,
        waitForRoom: () -> Bool = { false }
    ) -> (count: Int, error: SystemError?) {
        unsafe bytes.withUnsafeBytes { bytes in
            var written = 0
            while written < bytes.count {
                do throws(SystemError) {
                    written += try unsafe write(descriptor, UnsafeRawBufferPointer(rebasing: bytes[written...]))
                } catch {
                    switch error.code {
                    case EINTR: continue
                    case EAGAIN where waitForRoom(): continue
                    default: return (written, error)
                    }
                }
            }
            return (written, nil)
        }
    }
}
