/// A local listener that speaks TLS, and what it shows.
package struct ServingListener: Sendable, Encodable {
    package let address: String
    package let port: Int

    /// How TLS was reached; null where it begins at once.
    @OrNull package var startTLS: String?

    /// Null where it can't be seen.
    @OrNull package var process: ListeningProcess?
    package let certificates: [ServedLeaf]
}
