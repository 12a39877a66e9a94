import Glibc

/// Appends lines to an open file so that each is in it, and on the disk, as a whole or not at all.
struct LineWriter {
    /// What became of several pieces of lines.
    struct Outcome {
        /// How many of them, from the first on, are in the file and on the disk.
        var written: Int
        /// Why the others are not.
        var failure: LineFile.Failure?
    }

    let file: OpenLineFile
    private let calls: FileCalls
    private let waitForRoom: (Int32) -> Bool
    /// The length that a regular file is to be cut to before anything else.
    private var lengthToCutTo: Int64?
    /// Whether the last thing that went into a pipe was a part of a line.
    private var isTorn = false

    /// - Parameters:
    ///   - file: the file, repaired.
    ///   - calls: how it is changed.
    ///   - waitForRoom: waits until a descriptor takes more; `false` when it shall not be waited for.
    init(_ file: OpenLineFile, _ calls: FileCalls, waitForRoom: @escaping (Int32) -> Bool) {
        self.file = file
        self.calls = calls
        self.waitForRoom = waitForRoom
    }

    /// Appends pieces, each of whole lines, with one flush for all.
    mutating func append(_ pieces: [[UInt8]]) -> Outcome {
        let start: Int64
        do throws(LineFile.Failure) {
            start = try mend()
        } catch {
            return Outcome(written: 0, failure: error)
        }
        let (written, error) = write(Self.joined(pieces))
        guard let error else { return flush(pieces, from: start) }
        // What fits is kept, in whole pieces: it may be a long time until there is room for all.
        var (kept, size) = (0, 0)
        while size + pieces[kept].count <= written {
            size += pieces[kept].count
            kept += 1
        }
        var failure = failure(error)
        if written > size { failure = takeBack(to: start + Int64(size)) ?? failure }
        let outcome = kept == 0 ? Outcome(written: 0) : flush(pieces[..<kept], from: start)
        return Outcome(written: outcome.written, failure: outcome.failure ?? failure)
    }

    /// Puts the end of the file right where an earlier failure left something behind.
    ///
    /// - Returns: the length of the file then.
    @discardableResult
    mutating func mend() throws(LineFile.Failure) -> Int64 {
        if isTorn {
            // The part of a line becomes a line of its own: a pipe takes nothing back.
            if let error = write([UInt8(ascii: "\n")]).error { throw failure(error) }
            isTorn = false
        }
        guard file.isRegular else { return 0 }
        let current = try file.length()
        guard let length = lengthToCutTo else { return current }
        // Somebody else may have emptied the file: cutting it to a greater length would fill it with zeros.
        if current > length {
            do throws(SystemError) {
                try calls.truncate(file.descriptor, length)
            } catch {
                throw LineFile.Failure(file.path, error, .damaged)
            }
        }
        lengthToCutTo = nil
        return min(current, length)
    }

    // MARK: - Private

    private static func joined(_ pieces: [[UInt8]]) -> [UInt8] {
        if pieces.count == 1 { return pieces[0] }
        var bytes: [UInt8] = []
        bytes.reserveCapacity(pieces.reduce(0) { $0 + $1.count })
        for piece in pieces { bytes += piece }
        return bytes
    }

    private func write(_ bytes: [UInt8]) -> (count: Int, error: SystemError?) {
        calls.writeAll(bytes, to: file.descriptor) { waitForRoom(file.descriptor) }
    }

    private func failure(_ error: SystemError) -> LineFile.Failure {
        // Said only of a full pipe that is not waited for.
        error.code == EAGAIN ? .closed(file.path) : LineFile.Failure(file.path, error)
    }

    /// Flushes pieces that were written.
    private mutating func flush(_ pieces: some Collection<[UInt8]>, from start: Int64) -> Outcome {
        guard file.isRegular else { return Outcome(written: pieces.count) }
        do throws(SystemError) {
            try calls.flush(file.descriptor)
            return Outcome(written: pieces.count)
        } catch {
            // After this the kernel takes the bytes for written, so no later flush would say anything about them.
            let failure = takeBack(to: start) ?? failure(error)
            return Outcome(written: 0, failure: failure)
        }
    }

    /// Cuts off what must not stay.
    private mutating func takeBack(to length: Int64) -> LineFile.Failure? {
        guard file.isRegular else {
            isTorn = true
            return nil
        }
        lengthToCutTo = min(length, lengthToCutTo ?? length)
        do throws(LineFile.Failure) {
            try mend()
            return nil
        } catch {
            return error
        }
    }
}
