import FoundationEssentials
import Glibc

/// A new folder in the temporary directory (`TMPDIR`, else `/tmp`), removed with all it holds when the value goes away.
public final class TemporaryFolder: Sendable {
    /// Its absolute path, without a slash at the end.
    public let path: String

    /// Creates the folder.
    ///
    /// - Parameter prefix: what its name begins with.
    /// - Throws: ``WarrenTestingError`` with `.system` when it cannot be created.
    public init(prefix: String = "warren") throws(WarrenTestingError) {
        path = try Self.create(prefix: prefix)
    }

    deinit {
        try? FileManager.default.removeItem(atPath: path)
    }

    /// The path of an entry of the folder.
    public func path(of name: String) -> String { "\(path)/\(name)" }

    /// Creates a folder that nobody removes yet.
    static func create(prefix: String) throws(WarrenTestingError) -> String {
        let parent = unsafe getenv("TMPDIR").flatMap { unsafe String(validatingCString: $0) } ?? ""
        var template = Array("\(parent.isEmpty ? "/tmp" : parent)/\(prefix).XXXXXX".utf8CString)
        let path: String? = unsafe template.withUnsafeMutableBufferPointer { buffer in
            guard let base = buffer.baseAddress, let made = unsafe mkdtemp(base) else { return nil }
            return unsafe String(validatingCString: made)
        }
        guard let path else { throw .system("mkdtemp \(parent)", errno) }
        return path
    }
}
