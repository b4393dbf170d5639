import AzureIdentity
import Foundation
import KeyVault

/// When a vault's list may stand for reading its certificates one by one: the rules, with no
/// requests.
///
/// A list is a hint and decides nothing: it can only say that a certificate still looks as when it
/// was last read singly. What looks different, isn't there or is disabled is read singly, and so
/// is every certificate at each ``cycle``th poll, and once a day at least, whatever the list says.
///
/// A list is asked for only where it takes at most half as many requests as it may save.
struct ListHints: Sendable {
    /// One certificate as one identity sees it.
    struct Subject: Hashable, Sendable {
        let view: VaultView
        /// In lower case, as Key Vault compares names.
        let name: String

        init(_ url: SecretURL, as credential: Credential) {
            view = VaultView(url, as: credential)
            name = url.name.lowercased()
        }
    }

    /// A certificate when it was last read singly.
    private struct Sight {
        let version: String
        let item: CertificateList.Item
        let at: ContinuousClock.Instant
        /// How many polls a list may still stand for.
        var remaining: Int
    }

    /// What is known of a vault's list.
    private struct Listing {
        let at: ContinuousClock.Instant
        /// How many pages it has, or at least; nil where it can't be had or is of no use.
        let pages: Int?
    }

    /// Of so many polls of a certificate one is single.
    static let cycle = 24
    /// A vault of 10,000 certificates.
    static let mostPages = 400

    private let splay: Splay
    private var sights: [Subject: Sight] = [:]
    private var listings: [VaultView: Listing] = [:]
    /// The versions that a list vouches for in this pass.
    private var hints: [Subject: String] = [:]

    init(_ splay: Splay) {
        self.splay = splay
    }

    /// A certificate was read singly.
    mutating func note(
        _ certificate: CertificateVersion,
        of subject: Subject,
        at now: ContinuousClock.Instant
    ) {
        guard let thumbprint = certificate.thumbprint, let updated = certificate.updated else {
            return forget(subject)
        }
        // The first cycle ends early by chance, or a whole vault's would end in one pass.
        let remaining =
            sights[subject] == nil
            ? Int(splay.cycle(of: subject.name) * Double(Self.cycle)) : Self.cycle - 1
        sights[subject] = Sight(
            version: certificate.version,
            item: CertificateList.Item(
                thumbprint: thumbprint,
                isEnabled: certificate.isEnabled,
                updated: updated
            ),
            at: now,
            remaining: remaining
        )
    }

    /// A certificate could not be read, or is disabled.
    mutating func forget(_ subject: Subject) {
        sights[subject] = nil
        hints[subject] = nil
    }

    /// Those for which a list could stand now.
    func candidates(_ subjects: [Subject], at now: ContinuousClock.Instant) -> [Subject] {
        subjects.filter { subject in
            guard let sight = sights[subject] else { return false }
            return sight.remaining > 0 && sight.at.duration(to: now) < VaultWatcher.memory
        }
    }

    /// How many pages of the list are worth reading for so many candidates; 0 for none.
    func pages(for candidates: Int, of view: VaultView, at now: ContinuousClock.Instant) -> Int {
        let worth = min(candidates / 2, Self.mostPages)
        guard let listing = listings[view], listing.at.duration(to: now) < VaultWatcher.memory
        else {
            return worth
        }
        guard let pages = listing.pages, pages <= worth else { return 0 }
        return worth
    }

    /// Takes over what was listed.
    mutating func note(
        _ list: CertificateList,
        of view: VaultView,
        for candidates: [Subject],
        at now: ContinuousClock.Instant
    ) {
        var count = 0
        for subject in candidates {
            guard let sight = sights[subject], list.items[subject.name] == sight.item else {
                continue
            }
            hints[subject] = sight.version
            sights[subject]?.remaining -= 1
            count += 1
        }
        // A list that says of nothing that it is as it was costs more than it saves.
        let isOfUse = count >= list.pages
        let pages = list.isWhole ? list.pages : list.pages + 1
        listings[view] = Listing(at: now, pages: isOfUse || !list.isWhole ? pages : nil)
    }

    /// The list is refused, or makes no sense.
    mutating func noteUseless(_ view: VaultView, at now: ContinuousClock.Instant) {
        listings[view] = Listing(at: now, pages: nil)
    }

    /// The version that a list vouches for, once.
    mutating func take(_ subject: Subject) -> String? {
        hints.removeValue(forKey: subject)
    }
}
