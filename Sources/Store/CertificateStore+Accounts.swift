extension CertificateStore {
    /// Why files can't be given to a user of this name, or opened to one; nil when they can.
    package static func obstacle(toUser name: String) -> StoreError? {
        do {
            _ = try Account.user(name)
            return nil
        } catch {
            return error
        }
    }

    /// The same for a group.
    package static func obstacle(toGroup name: String) -> StoreError? {
        do {
            _ = try Account.group(name)
            return nil
        } catch {
            return error
        }
    }
}
