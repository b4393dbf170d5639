import KeyVault
import Testing

@Suite("Secret URLs")
struct SecretURLTests {
    @Test(
        "An address is read into its parts",
        arguments: [
            ("https://contoso.vault.azure.net/secrets/web", nil, "web", nil),
            ("https://contoso.vault.azure.net/secrets/web/", nil, "web", nil),
            ("https://contoso.vault.azure.net:443/secrets/web", nil, "web", nil),
            ("HTTPS://Contoso.Vault.Azure.Net/Secrets/Web", nil, "Web", nil),
            ("https://contoso.vault.azure.net:8443/secrets/web", 8443, "web", nil),
            (
                "https://contoso.vault.azure.net/secrets/web/53F7dd3711364168882b48026cb30f80",
                nil, "web", "53f7dd3711364168882b48026cb30f80"
            ),
        ] as [(String, Int?, String, String?)]
    )
    func accepted(text: String, port: Int?, name: String, version: String?) throws {
        let url = try SecretURL(text, in: .publicCloud)
        #expect(url.host == "contoso.vault.azure.net")
        #expect(url.vault == "contoso")
        #expect(url.port == port)
        #expect(url.name == name)
        #expect(url.version == version)
        #expect(try SecretURL(url.description, in: .publicCloud) == url)
    }

    @Test(
        "Anything else is refused with its reason",
        arguments: [
            ("", .notAURL),
            ("contoso.vault.azure.net/secrets/web", .notAURL),
            ("https:///secrets/web", .notAURL),
            ("http://contoso.vault.azure.net/secrets/web", .notHTTPS),
            ("https://me@contoso.vault.azure.net/secrets/web", .hasCredentials),
            ("https://contoso.vault.azure.net@evil.com/secrets/web", .hasCredentials),
            ("https://contoso.vault.azure.net/secrets/web?api-version=7.4", .hasQuery),
            ("https://contoso.vault.azure.net/secrets/web#x", .hasFragment),
            ("https://contoso.vault.azure.net/secrets/w%65b", .oddCharacter("%")),
            ("https://evil.com\\.vault.azure.net/secrets/web", .oddCharacter("\\")),
            (" https://contoso.vault.azure.net/secrets/web", .oddCharacter("U+20")),
            ("https://contoso.vault.azure.net/secrets/web\n", .oddCharacter("U+A")),
            ("https://contoso.vault.azure.net/secrets/w\u{E9}b", .oddCharacter("U+E9")),
            ("https://contoso.vault.azure.net:0/secrets/web", .badPort("0")),
            ("https://contoso.vault.azure.net:65536/secrets/web", .badPort("65536")),
            ("https://contoso.vault.azure.net:/secrets/web", .badPort("")),
            (
                "https://contoso.vault.azure.cn/secrets/web",
                .foreignHost(host: "contoso.vault.azure.cn", suffix: "vault.azure.net")
            ),
            (
                "https://evilvault.azure.net/secrets/web",
                .foreignHost(host: "evilvault.azure.net", suffix: "vault.azure.net")
            ),
            (
                "https://vault.azure.net/secrets/web",
                .foreignHost(host: "vault.azure.net", suffix: "vault.azure.net")
            ),
            (
                "https://.vault.azure.net/secrets/web",
                .foreignHost(host: ".vault.azure.net", suffix: "vault.azure.net")
            ),
            (
                "https://a.b.vault.azure.net/secrets/web",
                .foreignHost(host: "a.b.vault.azure.net", suffix: "vault.azure.net")
            ),
            (
                "https://contoso.vault.azure.net.evil.com/secrets/web",
                .foreignHost(host: "contoso.vault.azure.net.evil.com", suffix: "vault.azure.net")
            ),
            (
                "https://contoso.vault.azure.net/certificates/web",
                .certificatesPath(
                    suggestion: "https://contoso.vault.azure.net/secrets/web"
                )
            ),
            ("https://contoso.vault.azure.net/keys/web", .keysPath),
            ("https://contoso.vault.azure.net", .badPath),
            ("https://contoso.vault.azure.net/secrets", .badPath),
            ("https://contoso.vault.azure.net/secrets/", .badPath),
            ("https://contoso.vault.azure.net/storage/web", .badPath),
            ("https://contoso.vault.azure.net//secrets/web", .badPath),
            ("https://contoso.vault.azure.net/secrets//web", .badName("")),
            ("https://contoso.vault.azure.net/secrets/a_b", .badName("a_b")),
            ("https://contoso.vault.azure.net/secrets/..", .badName("..")),
            ("https://contoso.vault.azure.net/secrets/web/versions", .badVersion("versions")),
            (
                "https://contoso.vault.azure.net/secrets/web/53f7dd3711364168882b48026cb30f80/x",
                .badPath
            ),
        ] as [(String, SecretURLError)]
    )
    func refused(text: String, error: SecretURLError) {
        #expect(throws: error) { try SecretURL(text, in: .publicCloud) }
        #expect(!error.description.isEmpty)
    }

    @Test("A name has 127 characters at most")
    func longName() throws {
        let prefix = "https://contoso.vault.azure.net/secrets/"
        let longest = String(repeating: "x", count: 127)
        #expect(try SecretURL(prefix + longest, in: .publicCloud).name == longest)
        #expect(throws: SecretURLError.self) {
            try SecretURL(prefix + longest + "x", in: .publicCloud)
        }
    }

    @Test("Clouds are known by name, in any case of letters")
    func clouds() {
        #expect(Cloud.named("Public") == .publicCloud)
        #expect(Cloud.named("CHINA") == .china)
        #expect(Cloud.named("usgovernment") == .usGovernment)
        #expect(Cloud.named("germany") == nil)
    }
}
