/// The certificates that vouch for a leaf, found by name and signature among those of a secret.
struct CertificateChain {
    /// From the leaf's issuer upwards.
    let intermediates: [Certificate]
    /// Nil where the secret leaves it out, or where the leaf is its own root.
    let root: Certificate?
    /// What the secret holds besides: other branches, strangers.
    let leftOut: [Certificate]
    /// Whether nothing but the root can be missing.
    ///
    /// A server need not send the root (RFC 8446 §4.4.2), so a chain that stops below it is whole
    /// as far as can be told. It is not when the leaf stands alone, or when the secret holds
    /// certificates that no link leads to.
    let isComplete: Bool

    /// The shortest way to a root; where no root is in reach, the longest way up.
    ///
    /// Breadth first, each certificate once: cross-signed certificates make several ways, and a
    /// hostile set of them makes more than could be tried. Of two issuers with one name and key
    /// the one that lives longer is taken.
    init(of leaf: Certificate, among others: [Certificate]) {
        guard !leaf.isSelfSigned else {
            self.init(path: [], others: others, isComplete: true)
            return
        }
        var ways: [[Int]] = [[]]
        var remaining = Array(others.indices)
        while true {
            var longer: [[Int]] = []
            for way in ways {
                let last = way.last.map { others[$0] } ?? leaf
                for index in Self.issuers(of: last, in: others, at: remaining) {
                    longer.append(way + [index])
                    remaining.removeAll { $0 == index }
                }
            }
            if let whole = longer.first(where: { $0.last.map { others[$0].isSelfSigned } ?? false })
            {
                self.init(path: whole, others: others, isComplete: true)
                return
            }
            guard !longer.isEmpty else { break }
            ways = longer
        }
        let path = ways.first ?? []
        self.init(
            path: path,
            others: others,
            isComplete: !path.isEmpty && remaining.isEmpty
        )
    }

    private init(path: [Int], others: [Certificate], isComplete: Bool) {
        let certificates = path.map { others[$0] }
        root = certificates.last.flatMap { $0.isSelfSigned ? $0 : nil }
        intermediates = certificates.filter { !$0.isSelfSigned }
        leftOut = others.indices.filter { !path.contains($0) }.map { others[$0] }
        self.isComplete = isComplete
    }

    private static func issuers(
        of certificate: Certificate,
        in others: [Certificate],
        at candidates: [Int]
    ) -> [Int] {
        candidates.filter { certificate.isIssued(by: others[$0]) }.sorted {
            others[$0].facts.notAfter > others[$1].facts.notAfter
        }
    }
}
