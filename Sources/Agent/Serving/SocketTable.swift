import SystemPackage

/// The kernel's table of TCP sockets: `/proc/net/tcp` and `tcp6` (proc_net(5)).
enum SocketTable {
    /// TCP_LISTEN of the kernel's include/net/tcp_states.h.
    private static let listening = "0A"

    /// How often the tables are read: the kernel hands them out in pieces, and what opens or closes
    /// between two pieces can make it skip an entry.
    private static let readings = 3

    /// The sockets of this network namespace that listen, IPv4 first.
    static func listeners() -> [Listener] {
        ["/proc/net/tcp", "/proc/net/tcp6"].flatMap { path in
            var found: [Listener] = []
            for _ in 0..<readings {
                for listener in parse(contents(of: FilePath(path)))
                where !found.contains(where: { $0.inode == listener.inode }) {
                    found.append(listener)
                }
            }
            return found
        }
    }

    /// What a file of /proc holds; nothing where there is none, as `tcp6` without IPv6.
    private static func contents(of path: FilePath) -> String {
        guard let file = try? FileDescriptor.open(path, .readOnly, options: .closeOnExec) else {
            return ""
        }
        // Nothing was written, so there is nothing to lose.
        defer { try? file.close() }
        var text: [UInt8] = []
        var piece = [UInt8](repeating: 0, count: 1 << 16)
        while true {
            let count = unsafe piece.withUnsafeMutableBytes { bytes in
                // What could not be read is missed like what the kernel skips.
                (try? unsafe file.read(into: bytes)) ?? 0
            }
            guard count > 0 else { return String(decoding: text, as: UTF8.self) }
            text += piece[..<count]
        }
    }

    /// Lines of `sl local_address rem_address st tx:rx tr:when retrnsmt uid timeout inode …`.
    static func parse(_ table: String) -> [Listener] {
        table.split(separator: "\n").dropFirst().compactMap { line in
            let fields = line.split(separator: " ")
            guard fields.count > 9, fields[3] == listening, let inode = UInt64(fields[9]) else {
                return nil
            }
            let local = fields[1].split(separator: ":")
            guard local.count == 2, let port = UInt16(local[1], radix: 16),
                let address = address(local[0])
            else { return nil }
            return Listener(address: address, port: port, inode: inode)
        }
    }

    /// Words of 32 bits, each as this machine reads the four bytes that the network has there.
    private static func address(_ hexadecimal: Substring) -> String? {
        let digits = Array(hexadecimal)
        guard digits.count == 8 || digits.count == 32 else { return nil }
        var words: [UInt32] = []
        for start in stride(from: 0, to: digits.count, by: 8) {
            guard let word = UInt32(String(digits[start..<start + 8]), radix: 16) else {
                return nil
            }
            words.append(UInt32(bigEndian: word))
        }
        if words.count == 1 { return dotted(words[0]) }
        if words.starts(with: [0, 0, 0xFFFF]) { return "::ffff:\(dotted(words[3]))" }
        return colons(words.flatMap { [$0 >> 16, $0 & 0xFFFF] })
    }

    private static func dotted(_ word: UInt32) -> String {
        [24, 16, 8, 0].map { "\(word >> $0 & 0xFF)" }.joined(separator: ".")
    }

    /// RFC 5952: the longest run of zeros, of two at least, becomes `::`.
    private static func colons(_ groups: [UInt32]) -> String {
        var best = 0..<0
        var start: Int?
        for (index, group) in (groups + [1]).enumerated() {
            if group == 0, index < groups.count {
                start = start ?? index
            } else if let first = start {
                if index - first > best.count { best = first..<index }
                start = nil
            }
        }
        let text = { (part: ArraySlice<UInt32>) in
            part.map { String($0, radix: 16) }.joined(separator: ":")
        }
        guard best.count > 1 else { return text(groups[...]) }
        return text(groups[..<best.lowerBound]) + "::" + text(groups[best.upperBound...])
    }
}
