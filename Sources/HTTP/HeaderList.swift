import CCurl
import Sensitive

/// An owned `curl_slist` of header lines.
///
/// A line with a sensitive value is put together in memory that is wiped. The list's own copy is
/// wiped when the list is freed: every byte that libcurl frees is, see `kv_wiping_free`.
struct HeaderList: ~Copyable {
    private(set) var raw: UnsafeMutablePointer<curl_slist>?

    init() {}

    deinit {
        curl_slist_free_all(raw)
    }

    /// Appends a line, or answers false when a line break or another control character would make
    /// it more than one field.
    mutating func append(_ field: HTTPField) -> Bool {
        guard !field.name.isEmpty, field.name.utf8.allSatisfy(Self.isTokenCharacter) else {
            return false
        }
        switch field.value {
        case .plain(let value):
            return append(name: field.name, value: SensitiveBytes(copying: value.utf8))
        case .sensitive(let value):
            return append(name: field.name, value: value)
        }
    }

    /// Keeps libcurl from sending a field of that name that it would add by itself.
    mutating func suppress(_ name: String) -> Bool {
        append(line: SensitiveBytes(copying: Array("\(name):\0".utf8)))
    }

    private mutating func append(name: String, value: SensitiveBytes) -> Bool {
        let isClean = value.withBytes { bytes in
            bytes.indices.allSatisfy {
                bytes[$0] == 0x09 || (bytes[$0] >= 0x20 && bytes[$0] != 0x7F)
            }
        }
        guard isClean else { return false }
        // libcurl's spelling: `Name: value`, but `Name;` for a field without a value.
        let prefix = Array("\(name)\(value.count == 0 ? ";" : ": ")".utf8)
        let line = SensitiveBytes(capacity: prefix.count + value.count + 1) { memory in
            memory.copyBytes(from: prefix)
            value.withUnsafeBytes { bytes in
                UnsafeMutableRawBufferPointer(rebasing: memory[prefix.count...]).copyMemory(
                    from: bytes
                )
            }
            memory[prefix.count + value.count] = 0
            return memory.count
        }
        return append(line: line)
    }

    private mutating func append(line: SensitiveBytes) -> Bool {
        line.withUnsafeBytes { bytes in
            let text = bytes.assumingMemoryBound(to: CChar.self).baseAddress
            guard let longer = curl_slist_append(raw, text) else { return false }
            raw = longer
            return true
        }
    }

    /// RFC 9110 section 5.6.2.
    private static func isTokenCharacter(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "a")...UInt8(ascii: "z"):
            true
        default:
            "!#$%&'*+-.^_`|~".utf8.contains(byte)
        }
    }
}
