import Testing

@testable import Agent

@Suite("Settings of the log")
struct LoggingSettingsTests {
    private func parse(_ logging: String) throws -> Settings {
        try Settings.parse(
            """
            secretsManagementSettings:
              observedCertificates: [https://contoso.vault.azure.net/secrets/web]
            loggingSettings: \(logging)
            """,
            file: "kvagent.yaml"
        )
    }

    @Test(
        "What can be set",
        arguments: [
            ("", LoggingSettings()),
            ("{}", LoggingSettings()),
            ("{logger: journald}", LoggingSettings(destination: .journal)),
            ("{logger: journald, format: text}", LoggingSettings(destination: .journal)),
            (
                "{logger: stderr, format: json}",
                LoggingSettings(destination: .standardError, isJSON: true)
            ),
            ("{format: json}", LoggingSettings(isJSON: true)),
            (
                "{logger: fluentd}",
                LoggingSettings(destination: .fluentd(.standard, tag: "kvagent"))
            ),
            (
                "{logger: fluentd, endpoint: unix:///run/f.sock, format: forward, servicename: akvvm_service}",
                LoggingSettings(
                    destination: .fluentd(.unix(path: "/run/f.sock"), tag: "akvvm_service")
                )
            ),
        ]
    )
    func valid(text: String, settings: LoggingSettings) throws {
        let parsed = try parse(text)
        #expect(parsed.logging == settings && parsed.notes.isEmpty)
    }

    @Test(
        "What can't, with the mend",
        arguments: [
            (
                "{logger: syslog}",
                "kvagent.yaml:3: loggingSettings.logger: expected journald, stderr or fluentd, found \"syslog\""
            ),
            (
                "{logger: fluentd, format: text}",
                "kvagent.yaml:3: loggingSettings.format: expected forward for fluentd, found \"text\""
            ),
            (
                "{logger: stderr, format: forward}",
                "kvagent.yaml:3: loggingSettings.format: expected text or json for stderr, found \"forward\""
            ),
            (
                "{logger: fluentd, endpoint: localhost}",
                "kvagent.yaml:3: loggingSettings.endpoint: expected tcp://HOST:PORT or unix:///PATH, e.g. tcp://localhost:24224, found \"localhost\""
            ),
            (
                "{logger: fluentd, servicename: a b}",
                "kvagent.yaml:3: loggingSettings.servicename: becomes the tag of every message: use letters, digits, \".\", \"-\" and \"_\", at most 128"
            ),
            (
                "{loger: fluentd}",
                "kvagent.yaml:3: loggingSettings.loger: unknown key; did you mean \"logger\"?"
            ),
        ]
    )
    func invalid(text: String, problem: String) throws {
        let error = #expect(throws: SettingsError.self) { try parse(text) }
        #expect(error?.problems.map(\.description) == [problem])
    }

    @Test("An endpoint without fluentd is taken, and said to do nothing")
    func withoutEffect() throws {
        let settings = try parse("{endpoint: \"tcp://localhost:24224\", servicename: a}")
        #expect(settings.logging == LoggingSettings())
        #expect(
            settings.notes.map(\.key) == [
                "loggingSettings.endpoint", "loggingSettings.servicename",
            ]
        )
    }
}
