/// Which names may become parts of a path, and which the store makes for itself.
///
/// Names come from settings and from the network; one that could leave its directory, hide, or
/// look like a temporary of the store's never reaches a system call.
enum StoreName {
    /// `[A-Za-z0-9._-]`, not starting with a dot: certificates, links and files.
    static func isPlain(_ name: String) -> Bool {
        !name.isEmpty && name.utf8.count <= 200 && !name.hasPrefix(".")
            && name.utf8.allSatisfy { byte in
                isLetterOrDigit(byte) || byte == UInt8(ascii: ".") || byte == UInt8(ascii: "_")
                    || byte == UInt8(ascii: "-")
            }
    }

    /// A Key Vault version: 32 hexadecimal digits, as the vault writes them in lower case.
    static func isVersion(_ name: String) -> Bool {
        name.utf8.count == 32
            && name.utf8.allSatisfy { byte in
                (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
                    || (UInt8(ascii: "a")...UInt8(ascii: "f")).contains(byte)
            }
    }

    /// Names under which nothing is served; whatever bears one after a crash may be removed.
    enum Temporary: String, CaseIterable {
        /// A version that is being written.
        case staging
        /// A version, a certificate or a copy that is being deleted.
        case removed
        /// The earlier files of a version that was mended while it was live: readers may have
        /// its directory open, so it goes at the next staging.
        case replaced
        /// A symlink or a file that is about to be renamed over another.
        case new

        /// What a killed run may leave beside the place of a copy.
        static let ofCopies: [Temporary] = [.new, .removed]

        /// A name of this kind that is not taken, as far as 64 random bits can tell.
        func name() -> String {
            let number = String(UInt64.random(in: .min ... .max), radix: 16)
            return ".\(rawValue)-" + String(repeating: "0", count: 16 - number.utf8.count) + number
        }

        /// Whether the store made this name; one that only starts like ours is someone else's.
        func made(_ name: String) -> Bool {
            let prefix = ".\(rawValue)-"
            let digits = name.utf8.dropFirst(prefix.utf8.count)
            return name.hasPrefix(prefix) && digits.count == 16 && digits.allSatisfy(isHexDigit)
        }

        private func isHexDigit(_ byte: UInt8) -> Bool {
            (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
                || (UInt8(ascii: "a")...UInt8(ascii: "f")).contains(byte)
        }
    }

    private static func isLetterOrDigit(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"):
            true
        default: false
        }
    }
}
