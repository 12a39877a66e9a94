extension LineFile {
    /// Why lines did not get into a file, or a file could not be opened.
    package struct Failure: Error, Hashable, CustomStringConvertible {
        package enum Code: Hashable, Sendable {
            /// What the path names is no file for lines; it has to be another one.
            case unusable
            /// Somebody else has the file open to append lines.
            case inUse
            /// The system refused: no room, no right, a broken disk. The file ends with a whole line, and a later
            /// attempt may succeed.
            case failed
            /// A part of a line stands at the end of the file and could not be cut off. Every later attempt tries that
            /// first, and writes nothing before it has succeeded.
            case damaged
            /// The file was closed before.
            case closed
            /// The waiting task was cancelled; the lines may be in the file all the same.
            case cancelled
        }

        package let code: Code
        package let path: String
        /// What, beside the path, is to be said.
        private let reason: String

        init(_ code: Code, _ path: String, _ reason: String) {
            self.code = code
            self.path = path
            self.reason = reason
        }

        init(_ path: String, _ error: SystemError, _ code: Code = .failed) {
            let prefix = code == .damaged ? "a part of a line could not be cut off its end: " : ""
            self.init(code, path, prefix + error.description)
        }

        static func closed(_ path: String) -> Failure {
            Failure(.closed, path, "the file was closed")
        }

        static func cancelled(_ path: String) -> Failure {
            Failure(.cancelled, path, "stopped before the lines were on the disk")
        }

        package var description: String { "'\(path)': \(reason)" }
    }

    /// What was done to a file that did not end with a line end when it was opened: a process was killed while it
    /// wrote, or a text editor left the line end out.
    package enum Repair: Sendable, Hashable, CustomStringConvertible {
        /// The last line was whole; now it has its end.
        case lineEndAdded
        /// The last line was the beginning of one that never was acknowledged, and was cut off: these bytes.
        case cutOff([UInt8])

        package var description: String {
            switch self {
            case .lineEndAdded: "the last line had no end, now it has"
            case .cutOff(let bytes): "ended with \(bytes.count) bytes of a line that was not whole, they were cut off"
            }
        }
    }
}
