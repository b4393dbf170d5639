import Foundation

/// What a vault lists of its certificates, or of the first of them.
///
/// Lists name no versions, only what the newest looks like.
package struct CertificateList: Sendable {
    /// One certificate's newest version.
    package struct Item: Sendable, Hashable {
        /// SHA-1 of the certificate in upper-case hexadecimal digits.
        package let thumbprint: String?
        package let isEnabled: Bool
        package let updated: Date?

        package init(thumbprint: String?, isEnabled: Bool, updated: Date?) {
            self.thumbprint = thumbprint
            self.isEnabled = isEnabled
            self.updated = updated
        }
    }

    /// By name in lower case; what was listed twice with a difference is left out.
    package private(set) var items: [String: Item] = [:]
    /// How many pages were read.
    package private(set) var pages = 0
    /// Whether there are no more pages.
    package private(set) var isWhole = false

    private var contradictory: Set<String> = []

    /// Adds a page, which comes in any order.
    mutating func add(_ page: CertificatePage) {
        pages += 1
        isWhole = page.next == nil
        for (name, item) in page.items {
            if let known = items[name], known != item { contradictory.insert(name) }
            items[name] = contradictory.contains(name) ? nil : item
        }
    }
}
