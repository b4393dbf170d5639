import Foundation
import History
import PKI

extension Examination {
    /// What there is to say of the contents of a secret, for the rules that look at them.
    static func findings(of bundle: CertificateBundle) -> [Finding] {
        var findings: [Finding] = []
        func find(_ rule: PolicyRule, _ message: String?) {
            if let message { findings.append(Finding(rule: rule.rawValue, message: message)) }
        }
        find(
            .incompleteChain,
            bundle.isChainComplete
                ? nil : "an intermediate is missing: the chain does not lead to its root"
        )
        find(
            .unorderedChain,
            bundle.isOrdered
                ? nil : "the vault has it in another order than leaf, issuer, and so on"
        )
        find(.weakKey, bundle.leaf.weaknessOfKey)
        find(.weakSignature, bundle.leaf.weaknessOfSignature)
        return findings
    }
}

extension CertificateFacts {
    /// What is too short by NIST SP 800-57 part 1 (112 bits of security), or of a kind that TLS 1.3
    /// has no use for.
    fileprivate var weaknessOfKey: String? {
        switch keyType.prefix(while: { $0 != " " }) {
        case "RSA": keyBits < 2048 ? "its key is \(keyType), of less than 2048 bits" : nil
        case "EC": keyBits < 256 ? "its key is \(keyType), of \(keyBits) bits" : nil
        case "DSA": "its key is \(keyType)"
        default: nil
        }
    }

    /// RFC 9155 takes MD5 and SHA-1 out of TLS 1.2; the older ones never were in it.
    fileprivate var weaknessOfSignature: String? {
        let weak: Set = ["MD2", "MD4", "MD5", "MD5-SHA1", "MDC2", "SHA", "SHA1"]
        guard let signatureDigest, weak.contains(signatureDigest) else { return nil }
        return "it is signed with \(signatureAlgorithm)"
    }
}
