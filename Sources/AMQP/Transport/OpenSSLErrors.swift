import COpenSSL

/// OpenSSL's error queue.
///
/// It belongs to the thread, so it is cleared before each call and read at once after it.
enum OpenSSLErrors {
    static func clear() {
        ERR_clear_error()
    }

    /// The reason of the first error in the queue, which is the cause of the others; empties the queue.
    static func take() -> String {
        let code = ERR_get_error()
        ERR_clear_error()
        guard code != 0 else { return "no reason given" }
        var buffer = [CChar](repeating: 0, count: 256)
        unsafe ERR_error_string_n(code, &buffer, buffer.count)
        let text = String(decoding: buffer.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
        // "error:0A000086:SSL routines::certificate verify failed": people want what comes last.
        let parts = text.split(separator: ":", maxSplits: 4, omittingEmptySubsequences: false)
        return parts.count == 5 ? String(parts[4]) : text
    }
}
