/// The text that meets whoever looks into the store by hand.
enum Readme {
    static let name = "README"

    static let text = """
        This directory holds the certificates that kvagent keeps equal to Azure Key Vault.

            NAME/current/privkey.pem    the private key (PKCS#8)
            NAME/current/cert.pem       the certificate alone
            NAME/current/chain.pem      the intermediate certificates
            NAME/current/fullchain.pem  the certificate, then the intermediates: what most servers want
            NAME/current/bundle.pem     the certificate, its chain and the private key in one file

        Beside these lie bundle.p12, NAME.pem for HAProxy, or cert.der and privkey.der, where the
        settings ask for such formats.

        Point your services at NAME/current/... and nowhere else. `current` is a symlink
        to one directory below NAME/versions/, and each new version makes it point at another.

        cert.pem without its chain breaks many clients: use fullchain.pem unless a server
        asks for the chain in a file of its own.

        DO NOT MOVE, RENAME OR EDIT what is here. kvagent would put it back, and services
        that read it in between would fail. To run an earlier version use `kvagent rollback`,
        to hold one `kvagent pin`.

        A program that reads a key and a certificate as two files should open the directory
        `current` once and read both in it, or read bundle.pem, so that they match even while
        a new version is put in place. To watch for changes, watch the directory NAME, not the files.

        """

    /// Writes the text where it is missing or another.
    static func write(into directory: borrowing Directory) throws(StoreError) {
        if try directory.isRegularFile(name), let found = try directory.read(name),
            VersionFile.Contents.text(text).equals(found)
        {
            return
        }
        // Somebody's own README stays theirs when it is a link or a directory.
        switch try directory.entry(name) {
        case .absent, .other:
            try DurableFile.replace(name, in: directory, with: text, mode: 0o644)
        case .symlink, .directory:
            return
        }
    }
}
