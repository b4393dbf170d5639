import Testing

@testable import Agent

@Suite("Text on the report's page")
struct ReportTextTests {
    @Test(
        "Nothing that a vault, a hook or a user says can become markup or turn other text",
        arguments: [
            ("<script>alert(1)</script>", "&lt;script&gt;alert(1)&lt;/script&gt;"),
            ("\" onload='x' a=\"", "&quot; onload=&#39;x&#39; a=&quot;"),
            ("&lt; & &#0;", "&amp;lt; &amp; &amp;#0;"),
            ("]]> <!-- --> <![CDATA[", "]]&gt; &lt;!-- --&gt; &lt;![CDATA["),
            ("a\0b", "a[U+0000]b"),
            ("\u{1B}[31mred\u{07}", "[U+001B][31mred[U+0007]"),
            ("moc.\u{202E}elpmaxe", "moc.[U+202E]elpmaxe"),
            ("\u{2066}x\u{2069}\u{200F}\u{061C}", "[U+2066]x[U+2069][U+200F][U+061C]"),
            ("zero\u{200B}width\u{FEFF}", "zero[U+200B]width[U+FEFF]"),
            ("line\u{2028}end\u{85}", "line[U+2028]end[U+0085]"),
            ("\u{FFFE}\u{FFFF}\u{10FFFF}", "[U+FFFE][U+FFFF][U+10FFFF]"),
            ("tag\u{E0041}", "tag[U+E0041]"),
            ("two\nlines\tand a tab", "two\nlines\tand a tab"),
            ("bücher.example – 証明書 🔒", "bücher.example – 証明書 🔒"),
        ]
    )
    func escaping(text: String, expected: String) {
        #expect(PageText.escaped(text) == expected)
        #expect(HTML(text: text).markup == expected)
        #expect(
            element("p", ["title": text]) { text }.markup
                == "<p title=\"\(expected)\">\(expected)</p>"
        )
    }

    @Test("A text of a megabyte is cut, and says how long it is")
    func length() {
        let text = String(repeating: "<", count: 1_048_576)
        let shown = PageText.escaped(text)
        #expect(shown.hasSuffix("&lt;… (cut: 1048576 bytes in all)"))
        #expect(shown.utf8.count < PageText.limit * 5)
        #expect(PageText.escaped("abc", limit: 3) == "abc")
        #expect(PageText.escaped("abcd", limit: 3) == "abc… (cut: 4 bytes in all)")
    }

    @Test("An element closes itself as HTML wants it, and leaves out what is nil")
    func elements() {
        #expect(element("meta", ["charset": "utf-8"]).markup == "<meta charset=\"utf-8\" />")
        #expect(element("td").markup == "<td></td>")
        #expect(element("details", ["open": nil]) { "a" }.markup == "<details>a</details>")
    }

    @Test("The style sheet reads the same to parsers of HTML and of XML")
    func styleSheet() {
        let text = String(decoding: PackageResources.report_css, as: UTF8.self)
        #expect(!text.contains("<") && !text.contains("&"))
        #expect(!text.contains("url(") && !text.contains("@import"))
    }
}
