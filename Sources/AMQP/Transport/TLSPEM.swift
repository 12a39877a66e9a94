import COpenSSL

/// Reads certificates and keys in PEM form.
enum TLSPEM {
    /// Hands each certificate in the text to `body`, which answers 1 when it took it; returns how many there were.
    static func certificates(_ text: String, _ body: (OpaquePointer) -> Int32) throws(AMQPError) -> Int {
        let bytes = Array(text.utf8)
        OpenSSLErrors.clear()
        guard bytes.count <= Int(Int32.max),
            let source = unsafe bytes.withUnsafeBytes({ unsafe memorySource($0) })
        else {
            throw AMQPError(.invalidConfiguration, "cannot read the PEM text given as trust roots: it is too large")
        }
        defer { unsafe BIO_free(source) }
        var count = 0
        while let certificate = unsafe PEM_read_bio_X509(source, nil, nil, nil) {
            defer { unsafe X509_free(certificate) }
            guard unsafe body(certificate) == 1 else { throw unusable(count + 1) }
            count += 1
        }
        // The end of the text is reported as "no start line"; anything else is a broken certificate.
        guard (ERR_peek_last_error() & 0x7F_FFFF) == UInt(PEM_R_NO_START_LINE) else { throw unusable(count + 1) }
        OpenSSLErrors.clear()
        return count
    }

    /// The private key in a file, to be freed by the caller.
    static func privateKey(file: String, passphrase: String?) throws(AMQPError) -> OpaquePointer {
        OpenSSLErrors.clear()
        guard let source = unsafe BIO_new_file(file, "r") else {
            throw AMQPError(.invalidConfiguration, "cannot read the private key '\(file)': \(OpenSSLErrors.take())")
        }
        defer { unsafe BIO_free(source) }
        // Without a callback the last argument is the passphrase; with an empty one OpenSSL does not ask the terminal.
        var secret = Array((passphrase ?? "").utf8CString)
        let key = unsafe secret.withUnsafeMutableBytes { secret in
            unsafe PEM_read_bio_PrivateKey(source, nil, nil, secret.baseAddress)
        }
        guard let key = unsafe key else {
            let hint =
                passphrase == nil ? " (if it is encrypted, it needs its passphrase)" : " (is the passphrase right?)"
            let reason = OpenSSLErrors.take()
            throw AMQPError(.invalidConfiguration, "cannot read the private key '\(file)': \(reason)\(hint)")
        }
        return unsafe key
    }

    private static func unusable(_ number: Int) -> AMQPError {
        let reason = OpenSSLErrors.take()
        return AMQPError(.invalidConfiguration, "certificate \(number) of the PEM text given as trust roots: \(reason)")
    }

    /// A BIO with a copy of the bytes.
    private static func memorySource(_ bytes: UnsafeRawBufferPointer) -> OpaquePointer? {
        guard let source = unsafe BIO_new(BIO_s_mem()) else { return nil }
        if bytes.count > 0 { unsafe BIO_write(source, bytes.baseAddress, Int32(bytes.count)) }
        return unsafe source
    }
}
