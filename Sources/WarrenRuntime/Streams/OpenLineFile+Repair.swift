import Glibc

extension OpenLineFile {
    /// A file whose last line is longer and has no end is hardly one of lines: it is left alone.
    private static let longestUnfinishedLine: Int64 = 64 << 20
    private static let chunkSize: Int64 = 64 << 10

    /// Sees to it that the file ends with a line end.
    ///
    /// - Parameters:
    ///   - calls: how the file is changed.
    ///   - isWhole: whether a last line lacks nothing but its end.
    /// - Returns: what had to be done.
    /// - Throws: why it could not be done, or that the file is none of lines.
    func repair(
        _ calls: FileCalls,
        _ isWhole: ([UInt8]) -> Bool
    ) throws(LineFile.Failure) -> LineFile.Repair? {
        guard isRegular else { return nil }
        let length = try length()
        let start = try startOfLastLine(length)
        guard start < length else { return nil }
        let line = try read(start..<length)
        let repair: LineFile.Repair = isWhole(line) ? .lineEndAdded : .cutOff(line)
        do throws(SystemError) {
            if repair == .lineEndAdded {
                let end = [UInt8(ascii: "\n")]
                if let error = calls.writeAll(end, to: descriptor).error { throw error }
            } else {
                try calls.truncate(descriptor, start)
            }
            try calls.flush(descriptor)
        } catch {
            throw LineFile.Failure(path, error)
        }
        return repair
    }

    /// Looks for the last line end from behind; `length` when nothing stands after it.
    private func startOfLastLine(_ length: Int64) throws(LineFile.Failure) -> Int64 {
        var start = length
        while start > 0 {
            guard length - start < Self.longestUnfinishedLine else {
                let limit = Self.longestUnfinishedLine >> 20
                throw LineFile.Failure(.unusable, path, "no file of lines: its last \(limit) MiB have no line end")
            }
            let chunk = max(0, start - Self.chunkSize)..<start
            if let end = try read(chunk).lastIndex(of: UInt8(ascii: "\n")) {
                return chunk.lowerBound + Int64(end) + 1
            }
            start = chunk.lowerBound
        }
        return 0
    }

    private func read(_ range: Range<Int64>) throws(LineFile.Failure) -> [UInt8] {
        var bytes = [UInt8](repeating: 0, count: range.count)
        var count = 0
        while count < bytes.count {
            let more = unsafe bytes[count...].withUnsafeMutableBytes {
                unsafe pread(descriptor, $0.baseAddress, $0.count, off_t(range.lowerBound) + count)
            }
            if more < 0 && errno == EINTR { continue }
            guard more > 0 else {
                throw LineFile.Failure(path, SystemError(call: "pread", code: more < 0 ? errno : EIO))
            }
            count += more
        }
        return bytes
    }
}
