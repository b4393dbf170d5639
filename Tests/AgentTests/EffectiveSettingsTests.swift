import Foundation
import SystemPackage
import Testing
import TestSupport
@testable import Agent

@Suite("The settings that count, their schema, and where to find them")
struct EffectiveSettingsTests {
    @Test("What is written out reads as the same settings, and as the same text again")
    func roundTrip() throws {
        let settings = try Settings.parse(Self.everything, file: "all.yaml")
        let text = try #require(settings.effective.written).yaml(withOrigins: false)
        let again = try Settings.parse(text, file: "again.yaml")
        #expect(again.effective.written?.yaml(withOrigins: false) == text)
        #expect(values(again) == values(settings))
        // The comments change nothing.
        let commented = settings.effective.yaml(withOrigins: true)
        #expect(values(try Settings.parse(commented, file: "all.yaml")) == values(settings))
    }

    private func values(_ settings: Settings) -> [String] {
        settings.effective.leaves().map { "\($0.path)=\($0.value)" }
    }

    @Test("Each value says where it comes from")
    func origins() throws {
        let settings = try Settings.parse(
            """
            secretsManagementSettings:
              pollingIntervalInS: 60
              observedCertificates:
                - https://a.vault.azure.net/secrets/one
                - {url: "https://a.vault.azure.net/secrets/two", name: two, pollingIntervalInS: 5}
            """,
            file: "k.yaml"
        )
        let leaves = settings.effective.leaves()
        let origins = Dictionary(leaves.map { ($0.path, $0.origin) }) { first, _ in first }
        let entries = "secretsManagementSettings.observedCertificates"
        #expect(origins["secretsManagementSettings.pollingIntervalInS"] == .line(2))
        #expect(origins["\(entries)[0].url"] == .line(4))
        #expect(origins["\(entries)[0].name"] == .standard)
        #expect(
            origins["\(entries)[0].pollingIntervalInS"]
                == .inherited(from: "secretsManagementSettings.pollingIntervalInS")
        )
        #expect(origins["\(entries)[1].pollingIntervalInS"] == .line(5))
        #expect(origins["stateDirectory"] == .standard)
    }

    @Test(
        "The extension's settings are found wherever a file of Azure's has them",
        arguments: [
            #"{"resources": [{"properties": {"publisher": "x", "settings": SETTINGS}}]}"#,
            #"{"values": {"root_module": {"resources": [{"values": {"settings": "TEXT"}}]}}}"#,
            #"{"runtimeSettings": [{"handlerSettings": {"publicSettings": SETTINGS}}]}"#,
            #"{"runtimeSettings": [{"handlerSettings": {"publicSettings": "TEXT"}}]}"#,
            "SETTINGS",
        ]
    )
    func found(wrapping: String) async throws {
        let inner =
            #"{"secretsManagementSettings": {"observedCertificates": ["https://a.vault.azure.net/secrets/web"]}}"#
        let text = wrapping.replacing("SETTINGS", with: inner)
            .replacing("TEXT", with: inner.replacing("\"", with: "\\\""))
        try withTemporaryDirectory { directory in
            let file = directory.appending("template.json")
            try writeFile(file, text)
            let settings = try Settings.find(in: file.string, number: nil)
            #expect(settings.certificates.map(\.name) == ["a.web"])
        }
    }

    @Test("Several settings want a choice, none is said, and a wrong one names its line")
    func choice() throws {
        func one(_ url: String) -> String {
            #"{"secretsManagementSettings": {"observedCertificates": ["\#(url)"]}}"#
        }
        try withTemporaryDirectory { directory in
            let file = directory.appending("state.json")
            let urls = ["https://a.vault.azure.net/secrets/web", "https://contoso.example/"]
            try writeFile(file, "[\n\(urls.map(one).joined(separator: ",\n"))\n]")
            func problem(_ number: Int?) -> String {
                do {
                    _ = try Settings.find(in: file.string, number: number)
                    return ""
                } catch {
                    return "\(error)"
                }
            }
            #expect(problem(nil).contains("--number (1: line 2"))
            #expect(problem(1) == "")
            #expect(problem(2).contains("state.json:3: "))
            #expect(problem(3).contains("no number 3"))
            try writeFile(file, "{\"a\": 1}")
            #expect(problem(nil).contains("no \"secretsManagementSettings\" anywhere"))
        }
    }

    @Test("The schema knows the keys that the reader knows, place by place")
    func schema() throws {
        let object = try JSONSerialization.jsonObject(with: Data(Settings.schema.utf8))
        let schema = try #require(object as? [String: Any])
        let definitions = try #require(schema["$defs"] as? [String: Any])
        var places: [String: Set<String>] = [:]
        func walk(_ node: Any?, _ place: String) {
            guard let node = node as? [String: Any] else { return }
            if let name = (node["$ref"] as? String)?.split(separator: "/").last {
                return walk(definitions[String(name)], place)
            }
            for one in node["anyOf"] as? [Any] ?? [] { walk(one, place) }
            walk(node["items"], "\(place)[]")
            guard let properties = node["properties"] as? [String: Any] else { return }
            places[place] = Set(properties.keys)
            for (key, value) in properties { walk(value, place.isEmpty ? key : "\(place).\(key)") }
        }
        walk(schema, "")
        var known = SettingsVocabulary.keys.mapValues(Set.init)
        for (place, keys) in SettingsVocabulary.withoutEffect {
            known[place, default: []].formUnion(keys.keys)
        }
        #expect(places == known)
    }

    /// Every key that there is.
    private static let everything = """
        secretsManagementSettings:
          pollingIntervalInS: "600"
          certificateStoreLocation: /srv/certs
          requireInitialSync: true
          observedCertificates:
            - https://a.vault.azure.net/secrets/plain
            - url: https://a.vault.azure.net/secrets/web
              name: web
              certificateStoreLocation: /srv/web
              owner: root
              group: "0"
              mode: "0640"
              acls: [{user: app, group: apps}, {user: other}]
              customSymbolicLinkName: webCert
              authenticationOverride: {msiClientId: 11112222-bbbb-3333-cccc-4444dddd5555}
              pollingIntervalInS: 300
              hooks:
                - {phase: reload, run: [systemctl, reload, "a b: #c", "yes"], timeout: 90s, user: www, retries: 2}
              verify:
                - {connect: "127.0.0.1:443", serverName: www.contoso.com, timeout: 10s}
                - {connect: "[::1]:25", startTLS: smtp}
            - url: https://a.vault.azure.net/secrets/one
              name: one
              verify: {connect: "127.0.0.1:443"}
              formats: [der, pkcs12, haproxy]
              pkcs12: {passwordFile: /etc/kvagent/p12, encryption: legacy, alias: Web 1}
        authenticationSettings:
          msiEndpoint: http://169.254.169.254/metadata/identity/oauth2/token
          msiClientId: 00001111-aaaa-2222-bbbb-3333cccc4444
        cloud: china
        loggingSettings: {logger: fluentd, endpoint: "tcp://localhost:24225", format: forward, servicename: kv}
        hooks:
          directory: /etc/hooks
          runner: systemd
          properties: {MemoryMax: 1G}
          timeout: 2m
          onFailure: keep
          coalesce: {window: 10s, limit: 60s}
        history: {keepVersions: 7, keepDays: 90}
        metrics: {textfile: /var/lib/x/kvagent.prom}
        stateDirectory: /srv/state
        """.replacing("vault.azure.net", with: "vault.azure.cn")
}
