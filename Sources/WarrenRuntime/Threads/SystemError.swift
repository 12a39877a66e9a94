import CLinux

/// A system call that failed: which one, and the kernel's reason.
package struct SystemError: Error, Hashable, CustomStringConvertible {
    package let call: String
    package let code: Int32

    package init(call: String, code: Int32) {
        self.call = call
        self.code = code
    }

    package var description: String { "\(call): \(Self.reason(code))" }

    /// The kernel's sentence for an error number.
    package static func reason(_ code: Int32) -> String {
        var buffer = [CChar](repeating: 0, count: 128)
        let text: String? = unsafe buffer.withUnsafeMutableBufferPointer { buffer in
            guard let base = buffer.baseAddress else { return nil }
            return unsafe warren_strerror(code, base, buffer.count).flatMap { unsafe String(validatingCString: $0) }
        }
        return text ?? "error \(code)"
    }
}
