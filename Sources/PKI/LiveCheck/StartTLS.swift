/// A protocol that begins in the clear and is asked to go over to TLS.
package enum StartTLS: String, Sendable, CaseIterable {
    case smtp, imap, postgres, ldap
}
