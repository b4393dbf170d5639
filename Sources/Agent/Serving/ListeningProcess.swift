/// Who listens.
package struct ListeningProcess: Sendable, Hashable, Encodable {
    package let pid: Int
    package let name: String
}
