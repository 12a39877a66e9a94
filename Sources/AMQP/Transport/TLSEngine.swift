import COpenSSL

/// One TLS session as a machine without a socket: ciphertext in and out through two memory BIOs.
///
/// Each OpenSSL call clears the error queue before and reads it at once after, so no reason is ever another call's.
@safe
final class TLSEngine {
    enum Step: Equatable {
        case bytes(Int)
        case done
        /// Nothing more to be had until the peer has sent something.
        case needsInput
        /// The peer said `close_notify`.
        case closed
        case failed(String)
    }

    let context: TLSContext
    let serverName: String
    let session: OpaquePointer
    private let incoming: OpaquePointer
    private let outgoing: OpaquePointer

    /// - Throws: `.tls` when the server name cannot be one.
    init(_ context: TLSContext, serverName: String, target: String) throws(TransportError) {
        OpenSSLErrors.clear()
        guard let session = unsafe context.makeSession() else {
            throw TransportError(.tls, "cannot begin TLS with \(target): \(OpenSSLErrors.take())")
        }
        guard let incoming = unsafe BIO_new(BIO_s_mem()) else {
            unsafe SSL_free(session)
            throw TransportError(.tls, "cannot begin TLS with \(target): \(OpenSSLErrors.take())")
        }
        guard let outgoing = unsafe BIO_new(BIO_s_mem()) else {
            unsafe BIO_free(incoming)
            unsafe SSL_free(session)
            throw TransportError(.tls, "cannot begin TLS with \(target): \(OpenSSLErrors.take())")
        }
        self.context = context
        // A fully qualified name may end in a dot; certificates and SNI have none.
        self.serverName = serverName.hasSuffix(".") ? String(serverName.dropLast()) : serverName
        unsafe self.session = unsafe session
        unsafe self.incoming = unsafe incoming
        unsafe self.outgoing = unsafe outgoing
        // The session owns both BIOs from here on.
        unsafe SSL_set_bio(session, incoming, outgoing)
        unsafe SSL_set_connect_state(session)
        guard expectServerName() else {
            throw TransportError(.tls, "TLS with \(target): '\(serverName)' cannot be the name of a server")
        }
    }

    deinit {
        unsafe SSL_free(session)
    }

    /// Tells OpenSSL whom to expect.
    ///
    /// An empty name, or one cut short by a NUL, would switch the check off or bend it.
    private func expectServerName() -> Bool {
        guard !serverName.isEmpty, !serverName.utf8.contains(0) else { return false }
        if IPLiteral.isIPv4(serverName) || IPLiteral.isIPv6(serverName) {
            // RFC 6066, section 3: SNI carries names only.
            guard context.verifiesName else { return true }
            return unsafe X509_VERIFY_PARAM_set1_ip_asc(
                SSL_get0_param(session),
                IPLiteral.withoutZone(serverName)
            ) == 1
        }
        guard unsafe warren_SSL_set_tlsext_host_name(session, serverName) == 1 else { return false }
        guard context.verifiesName else { return true }
        unsafe SSL_set_hostflags(session, UInt32(X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS))
        return unsafe SSL_set1_host(session, serverName) == 1
    }

    // MARK: - Plaintext side

    /// Goes on with the handshake until it is `.done`, `.failed` or `.needsInput`.
    ///
    /// After each, ciphertext may be waiting to be sent.
    func handshake() -> Step {
        OpenSSLErrors.clear()
        let code = unsafe SSL_do_handshake(session)
        return code == 1 ? .done : outcome(code)
    }

    func read(into buffer: UnsafeMutableRawBufferPointer) -> Step {
        OpenSSLErrors.clear()
        let code = unsafe SSL_read(session, buffer.baseAddress, Int32(clamping: buffer.count))
        return code > 0 ? .bytes(Int(code)) : outcome(code)
    }

    /// Encrypts bytes, at most a record's worth (16 KiB), into waiting ciphertext.
    func write(_ bytes: UnsafeRawBufferPointer) -> Step {
        OpenSSLErrors.clear()
        let code = unsafe SSL_write(session, bytes.baseAddress, Int32(clamping: bytes.count))
        return code > 0 ? .bytes(Int(code)) : outcome(code)
    }

    /// Makes the alert that says "I send no more".
    func closeNotify() {
        OpenSSLErrors.clear()
        unsafe SSL_shutdown(session)
        OpenSSLErrors.clear()
    }

    /// Whether a read could give more without new input.
    var hasPendingInput: Bool { unsafe SSL_has_pending(session) == 1 || BIO_ctrl_pending(incoming) > 0 }

    // MARK: - Ciphertext side

    /// Gives the session what the peer sent.
    func feed(_ bytes: UnsafeRawBufferPointer) -> Bool {
        unsafe BIO_write(incoming, bytes.baseAddress, Int32(clamping: bytes.count)) == Int32(clamping: bytes.count)
    }

    /// Bytes that wait to be sent.
    var pendingOutput: Int { unsafe Int(BIO_ctrl_pending(outgoing)) }

    /// Moves waiting ciphertext into the buffer and says how much.
    func drain(into buffer: UnsafeMutableRawBufferPointer) -> Int {
        unsafe max(0, Int(BIO_read(outgoing, buffer.baseAddress, Int32(clamping: buffer.count))))
    }

    private func outcome(_ code: Int32) -> Step {
        switch unsafe SSL_get_error(session, code) {
        case SSL_ERROR_WANT_READ, SSL_ERROR_WANT_WRITE: .needsInput
        case SSL_ERROR_ZERO_RETURN: .closed
        default: .failed(reason(OpenSSLErrors.take()))
        }
    }
}
