import Testing

@testable import Agent

@Suite("Program pages")
struct ProgramPagesTests {
    @Test(
        "Only private executable mappings of files are let go of",
        arguments: [
            ("55d0-55d8 r-xp 00000000 fe:00 12  /usr/sbin/kvagent\n", true),
            ("55d0-55d8 r--p 00000000 fe:00 12  /usr/sbin/kvagent\n", false),
            ("55d0-55d8 rw-p 00000000 fe:00 12  /usr/sbin/kvagent\n", false),
            ("55d0-55d8 r-xs 00000000 fe:00 12  /usr/sbin/kvagent\n", false),
            ("7fff1000-7fff3000 r-xp 00000000 00:00 0  [vdso]\n", false),
            ("7fff1000-7fff3000 r-xp 00000000 00:00 0\n", false),
        ]
    )
    func mappings(line: String, isProgramCode: Bool) {
        #expect(ProgramPages.Mapping(line)?.isProgramCode == isProgramCode)
    }

    @Test("A line says where the mapping begins and how long it is; another is none")
    func extent() throws {
        let mapping = try #require(
            ProgramPages.Mapping("7f0000001000-7f0000004000 r-xp 0 fe:00 9 /lib/libc.so.6\n")
        )
        #expect(mapping.start == 0x7f00_0000_1000 && mapping.length == 0x3000)
        for line in ["", "nonsense", "2-1 r-xp 0 0 0 /a", "x-y r-xp 0 0 0 /a"] {
            #expect(ProgramPages.Mapping(line) == nil)
        }
    }

    @Test("A program goes on after its pages were let go of")
    func goesOn() {
        for _ in 0..<20 { ProgramPages.release() }
        #expect((0..<1000).map { $0 * $0 }.reduce(0, +) == 332_833_500)
    }
}
