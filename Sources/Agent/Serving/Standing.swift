/// What a served certificate is to us.
package enum Standing: String, Sendable, Encodable {
    /// The live version of one of ours.
    case current
    /// A version of ours that the history has and that isn't live.
    case older
    /// It has the subject or a name of one of ours, and the history doesn't have it.
    case unknown
    /// Nothing of ours.
    case other
}
