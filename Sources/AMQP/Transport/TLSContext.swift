import COpenSSL

/// The TLS settings of a client as OpenSSL wants them: made once, used by every connection.
///
/// `@unchecked Sendable`: nothing changes the context after `init`, and OpenSSL counts its references atomically.
@safe
package final class TLSContext: @unchecked Sendable {
    private let context: OpaquePointer
    private let configuration: AMQPTLSConfiguration

    /// OpenSSL is not to take itself down in `exit`, under an I/O thread that still uses it.
    private static let isPrepared = OPENSSL_init_ssl(UInt64(OPENSSL_INIT_NO_ATEXIT), nil) == 1

    /// Reads the files that the configuration names.
    ///
    /// - Throws: ``AMQPError`` (`invalidConfiguration`) with the file and OpenSSL's reason.
    package init(_ configuration: AMQPTLSConfiguration) throws(AMQPError) {
        _ = Self.isPrepared
        OpenSSLErrors.clear()
        guard let context = unsafe SSL_CTX_new(TLS_client_method()) else {
            throw AMQPError(.invalidConfiguration, "cannot set up TLS: \(OpenSSLErrors.take())")
        }
        unsafe self.context = unsafe context
        self.configuration = configuration
        _ = unsafe warren_SSL_CTX_refuse_renegotiation(context)
        _ = unsafe warren_SSL_CTX_set_mode(
            context,
            Int(SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER)
        )
        try attempt("require \(configuration.minimumVersion)") {
            unsafe warren_SSL_CTX_set_min_proto_version(context, configuration.minimumVersion.openSSLVersion)
        }
        unsafe SSL_CTX_set_verify(context, configuration.verification.chain ? SSL_VERIFY_PEER : SSL_VERIFY_NONE, nil)
        if configuration.verification.chain { try trust(configuration.trustRoots) }
        if let certificate = configuration.clientCertificate { try present(certificate) }
    }

    deinit {
        unsafe SSL_CTX_free(context)
    }

    package var serverName: String? { configuration.serverName }

    /// Whether the certificate must come from a trusted authority.
    var verifiesChain: Bool { configuration.verification.chain }

    /// Whether the certificate must name the server.
    var verifiesName: Bool { configuration.verification.name }

    /// For error sentences.
    var trustRoots: AMQPTLSConfiguration.TrustRoots { configuration.trustRoots }

    /// For error sentences.
    var minimumVersion: AMQPTLSConfiguration.Version { configuration.minimumVersion }

    /// A new session object, owned by the caller.
    func makeSession() -> OpaquePointer? {
        unsafe SSL_new(context)
    }

    // MARK: - Loading

    private func trust(_ roots: AMQPTLSConfiguration.TrustRoots) throws(AMQPError) {
        switch roots.kind {
        case .systemDefault:
            try attempt("load the system's trust roots") { unsafe SSL_CTX_set_default_verify_paths(context) }
        case .file(let path):
            try attempt("read trust roots from '\(path)'") { unsafe SSL_CTX_load_verify_file(context, path) }
        case .pem(let text):
            let added = try unsafe TLSPEM.certificates(text) { certificate in
                unsafe X509_STORE_add_cert(SSL_CTX_get_cert_store(context), certificate)
            }
            guard added > 0 else {
                throw AMQPError(.invalidConfiguration, "the PEM text given as trust roots holds no certificate")
            }
        }
    }

    private func present(_ certificate: AMQPTLSConfiguration.ClientCertificate) throws(AMQPError) {
        try attempt("read the client certificate from '\(certificate.chainFile)'") {
            unsafe SSL_CTX_use_certificate_chain_file(context, certificate.chainFile)
        }
        let key = try unsafe TLSPEM.privateKey(file: certificate.keyFile, passphrase: certificate.passphrase)
        defer { unsafe EVP_PKEY_free(key) }
        // This also compares the key with the certificate.
        try attempt("use the key '\(certificate.keyFile)' with the certificate '\(certificate.chainFile)'") {
            unsafe SSL_CTX_use_PrivateKey(context, key)
        }
    }

    private func attempt(_ what: String, _ call: () -> Int32) throws(AMQPError) {
        OpenSSLErrors.clear()
        guard call() == 1 else {
            throw AMQPError(.invalidConfiguration, "cannot \(what): \(OpenSSLErrors.take())")
        }
    }
}

extension AMQPTLSConfiguration.Version {
    fileprivate var openSSLVersion: Int32 {
        switch kind {
        case .tls12: TLS1_2_VERSION
        case .tls13: TLS1_3_VERSION
        }
    }
}
