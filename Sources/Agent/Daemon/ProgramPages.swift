import Glibc

/// The pages of program code that are mapped into this process.
///
/// Starting and polling run through some 25 MiB of code, most of it once; a daemon that then sleeps
/// for an hour would be seen to hold it all that time.
enum ProgramPages {
    /// Lets go of them; whatever runs next is mapped again from the page cache, without reading the
    /// disk as long as memory isn't short.
    ///
    /// Only executable mappings of files: they are never written to, so nothing in them can be lost
    /// (madvise(2), MADV_DONTNEED). Read-only ones are left alone, for among them is data that the
    /// dynamic linker has relocated.
    static func release() {
        guard let maps = unsafe fopen("/proc/self/maps", "re") else { return }
        defer { unsafe fclose(maps) }
        var line = [CChar](repeating: 0, count: 8192)
        while unsafe fgets(&line, Int32(line.count), maps) != nil {
            let text = String(
                decoding: line.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)),
                as: UTF8.self
            )
            guard let mapping = Mapping(text), mapping.isProgramCode else { continue }
            let start = unsafe UnsafeMutableRawPointer(bitPattern: mapping.start)
            unsafe madvise(start, mapping.length, MADV_DONTNEED)
        }
    }

    /// A line of /proc/PID/maps, proc(5).
    struct Mapping: Equatable {
        let start: UInt
        let length: Int
        let isProgramCode: Bool

        init?(_ line: String) {
            let fields = line.split(separator: " ", omittingEmptySubsequences: true)
            guard fields.count >= 5 else { return nil }
            let ends = fields[0].split(separator: "-").compactMap { UInt($0, radix: 16) }
            guard ends.count == 2, ends[0] < ends[1] else { return nil }
            start = ends[0]
            length = Int(ends[1] - ends[0])
            isProgramCode = fields[1] == "r-xp" && fields.count > 5 && fields[5].hasPrefix("/")
        }
    }
}
