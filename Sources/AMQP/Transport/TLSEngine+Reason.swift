import COpenSSL

extension TLSEngine {
    /// Makes a sentence for people of OpenSSL's reason for a failure.
    func reason(_ text: String) -> String {
        if let refusal = verificationFailure { return refusal }
        switch text {
        case "wrong version number" where isHandshaking, "packet length too long" where isHandshaking:
            return "the peer does not speak TLS on this port (\(text))"
        case "unsupported protocol", "tlsv1 alert protocol version":
            return "the peer offers no TLS version that is allowed here, \(context.minimumVersion) or later (\(text))"
        case "tlsv13 alert certificate required", "sslv3 alert handshake failure", "sslv3 alert bad certificate":
            return "the peer refused, perhaps for want of a client certificate it trusts (\(text))"
        default:
            return text
        }
    }

    private var isHandshaking: Bool { unsafe SSL_is_init_finished(session) == 0 }

    /// Why the peer's certificate was refused; `nil` when it was not.
    private var verificationFailure: String? {
        let code = unsafe SSL_get_verify_result(session)
        guard context.verifiesChain, code != Int(X509_V_OK) else { return nil }
        switch Int32(clamping: code) {
        case X509_V_ERR_HOSTNAME_MISMATCH, X509_V_ERR_IP_ADDRESS_MISMATCH:
            let names = certificateNames
            let owner = names.isEmpty ? "names no server" : "is for \(names.joined(separator: ", "))"
            return "the certificate \(owner), not for '\(serverName)'"
        case X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT, X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN,
            X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT, X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY,
            X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE:
            return "the certificate is not signed by \(context.trustRoots): \(Self.text(code))"
        default:
            return "the certificate is not valid: \(Self.text(code))"
        }
    }

    private static func text(_ code: Int) -> String {
        unsafe X509_verify_cert_error_string(code).map { unsafe String(cString: $0) } ?? "error \(code)"
    }

    /// The DNS names and addresses in the peer's certificate; its common name when it has none (RFC 6125, section
    /// 6.4.4).
    private var certificateNames: [String] {
        guard let chain = unsafe SSL_get_peer_cert_chain(session),
            let certificate = unsafe warren_sk_X509_value(chain, 0)
        else { return [] }
        let names = unsafe alternativeNames(certificate)
        return names.isEmpty ? unsafe [commonName(certificate)].compactMap(\.self) : names
    }

    private func alternativeNames(_ certificate: OpaquePointer) -> [String] {
        guard let list = unsafe X509_get_ext_d2i(certificate, NID_subject_alt_name, nil, nil) else { return [] }
        let names = OpaquePointer(list)
        defer { unsafe GENERAL_NAMES_free(names) }
        // A hostile certificate can hold thousands; a sentence needs a few.
        return (0..<min(8, unsafe warren_sk_GENERAL_NAME_num(names))).compactMap { index in
            guard let name = unsafe warren_sk_GENERAL_NAME_value(names, index) else { return nil }
            switch unsafe name.pointee.type {
            case GEN_DNS:
                return unsafe "'\(printable(bytes(name.pointee.d.dNSName)))'"
            case GEN_IPADD:
                return unsafe Self.address(bytes(name.pointee.d.iPAddress))
            default:
                return nil
            }
        }
    }

    private func commonName(_ certificate: OpaquePointer) -> String? {
        guard let subject = unsafe X509_get_subject_name(certificate) else { return nil }
        let index = unsafe X509_NAME_get_index_by_NID(subject, NID_commonName, -1)
        guard index >= 0, let entry = unsafe X509_NAME_get_entry(subject, index) else { return nil }
        return unsafe "'\(printable(bytes(X509_NAME_ENTRY_get_data(entry))))'"
    }

    private func bytes(_ string: UnsafePointer<ASN1_STRING>?) -> [UInt8] {
        guard let string = unsafe string, let start = unsafe ASN1_STRING_get0_data(string) else { return [] }
        return unsafe Array(UnsafeBufferPointer(start: start, count: Int(max(0, ASN1_STRING_length(string)))))
    }

    /// A name chosen by the peer, made fit for a log line.
    private func printable(_ bytes: [UInt8]) -> String {
        String(decoding: bytes.prefix(255).map { (0x21...0x7E).contains($0) ? $0 : UInt8(ascii: "?") }, as: UTF8.self)
    }

    private static func address(_ bytes: [UInt8]) -> String? {
        switch bytes.count {
        case 4:
            return bytes.map { String($0) }.joined(separator: ".")
        case 16:
            let groups = stride(from: 0, to: 16, by: 2).map { UInt16(bytes[$0]) << 8 | UInt16(bytes[$0 + 1]) }
            return groups.map { String($0, radix: 16) }.joined(separator: ":")
        default:
            return nil
        }
    }
}
