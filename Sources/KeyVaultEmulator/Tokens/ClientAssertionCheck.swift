import FoundationEssentials
import PKI

/// Judges the token that an application with a certificate has signed.
///
/// Microsoft, "Microsoft identity platform application authentication certificate credentials".
struct ClientAssertionCheck {
    let certificates: [RegisteredCertificate]
    let client: String
    /// Whom the token may be for: the URL that tokens are asked for at, or the issuer.
    let audiences: [String]
    let now: Int

    func check(_ token: SignedToken) throws(AuthorityRefusal) {
        guard token.claims["sub"]?.string == client, token.claims["iss"]?.string == client else {
            throw .client(
                700_021,
                "Client assertion application identifier doesn't match 'client_id' parameter."
            )
        }
        guard token.audiences.contains(where: audiences.contains) else {
            throw .client(
                700_023,
                "Client assertion audience claim does not match Realm issuer. Review the "
                    + "documentation at https://docs.microsoft.com/azure/active-directory/develop/"
                    + "active-directory-certificate-credentials ."
            )
        }
        guard let certificate = certificate(of: token) else { throw unregistered }
        // One that can't be read verifies nothing.
        guard let key = try? PublicKey(certificateDER: certificate), token.isSigned(by: key) else {
            throw .client(50_013, "Assertion failed signature validation.")
        }
        guard token.isValid(at: now), (token.claims["exp"]?.integer ?? 0) - now <= 86_400 else {
            throw .client(700_024, "Client assertion is not within its valid time range.")
        }
    }

    private var unregistered: AuthorityRefusal {
        .client(
            700_027,
            "The certificate with identifier used to sign the client assertion is not registered "
                + "on application. [Reason - The key was not found.]"
        )
    }

    /// The certificate that the token's header names, if it is registered in some way.
    private func certificate(of token: SignedToken) -> [UInt8]? {
        let exact = certificates.lazy.compactMap { registered -> [UInt8]? in
            guard case .exact(let der) = registered else { return nil }
            return der
        }
        return exact.first { isNamed($0, in: token.header) } ?? chained(token)
    }

    private func isNamed(_ der: [UInt8], in header: JSON) -> Bool {
        if let thumbprint = header["x5t#S256"]?.string {
            return Data(base64URL: thumbprint.trimmingPadding).map(Array.init) == sha256(der)
        }
        guard let thumbprint = header["x5t"]?.string,
            let facts = try? CertificateFacts(der: der)
        else { return false }
        return Data(base64URL: thumbprint.trimmingPadding) == Data(hex: facts.thumbprint)
    }

    /// The first certificate of the chain in the header, where its name is registered and the chain
    /// ends at the authority that is registered with it.
    private func chained(_ token: SignedToken) -> [UInt8]? {
        let chain = (token.header["x5c"]?.array ?? []).compactMap {
            $0.string.flatMap { Data(base64Encoded: $0) }.map(Array.init)
        }
        guard let leaf = chain.first, isNamed(leaf, in: token.header),
            let facts = try? CertificateFacts(der: leaf),
            facts.notBefore.timeIntervalSince1970 <= Double(now),
            facts.notAfter.timeIntervalSince1970 > Double(now)
        else { return nil }
        let isRegistered = certificates.contains { registered in
            guard case .named(let name, let authority) = registered,
                facts.subject.split(separator: ",").contains("CN=\(name)")
            else { return false }
            let whole = chain.last == authority ? chain : chain + [authority]
            return zip(whole, whole.dropFirst()).allSatisfy {
                (try? isCertificate($0, issuedBy: $1)) ?? false
            }
        }
        return isRegistered ? leaf : nil
    }
}

extension String {
    /// Some clients pad what should not be.
    fileprivate var trimmingPadding: Substring {
        var text = self[...]
        while text.hasSuffix("=") { text = text.dropLast() }
        return text
    }
}
