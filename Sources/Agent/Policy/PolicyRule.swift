/// What a new version is examined for before it goes live; the raw value is the setting's key.
///
/// | rule | usually | it says so when |
/// |---|---|---|
/// | sanLoss | hold | a DNS name of the current version is not in the new one |
/// | keyTypeChange | warn | the key is of another type: RSA, EC or other |
/// | issuerChange | warn | the issuer's name is another |
/// | shorterValidity | warn | the new one ends before the current |
/// | olderVersion | hold | the new one is older: on record before the current, or valid earlier |
/// | expired | hold | its validity has ended |
/// | notYetValid | hold | its validity is to begin; the hold ends then |
/// | incompleteChain | warn | an intermediate is missing |
/// | unorderedChain | allow | the vault has the chain in another order; files are ordered anyway |
/// | weakKey | warn | RSA below 2048 bits, EC below 256, DSA |
/// | weakSignature | warn | it is signed with MD5 or SHA-1, or older still |
///
/// The first five compare, and have nothing to say of the first version.
package enum PolicyRule: String, Sendable, CaseIterable {
    case sanLoss, keyTypeChange, issuerChange, shorterValidity, olderVersion
    case expired, notYetValid
    case incompleteChain, unorderedChain, weakKey, weakSignature

    /// What happens unless the settings say otherwise.
    package var standard: PolicyAction {
        switch self {
        case .sanLoss, .olderVersion, .expired, .notYetValid: .hold
        case .keyTypeChange, .issuerChange, .shorterValidity: .warn
        case .incompleteChain, .weakKey, .weakSignature: .warn
        case .unorderedChain: .allow
        }
    }

    /// Whether its hold ends by itself, so that nobody has to be called.
    package var endsByItself: Bool { self == .notYetValid }
}

/// What a rule does with a version that it speaks of.
package enum PolicyAction: String, Sendable, CaseIterable {
    /// Nothing is said.
    case allow
    /// It is deployed, and said.
    case warn
    /// It isn't deployed until a person approves it, or the rule says nothing any more.
    case hold
}
