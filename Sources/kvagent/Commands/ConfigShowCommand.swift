import Agent
import ArgumentParser

/// The command `kvagent config show`.
struct ConfigShowCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "show",
        abstract: "Print the settings that count, each with where it comes from.",
        discussion: "What is printed is a settings file itself: the origins are comments."
    )

    @OptionGroup var settingsOptions: SettingsOptions
    @OptionGroup var output: OutputOptions

    func run() throws {
        let effective = try settingsOptions.settings().effective
        let answer = EffectiveAnswer(
            file: settingsOptions.file,
            settings: effective.leaves().map(EffectiveAnswer.Setting.init)
        )
        try Output.print(answer, asJSON: output.json) { effective.yaml(withOrigins: true) }
    }
}

/// The command `kvagent config schema`.
struct ConfigSchemaCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "schema",
        abstract: "Print the JSON Schema of the settings.",
        discussion:
            "For editors and pipelines: what it accepts, kvagent config check still looks at closer."
    )

    func run() throws {
        try Output.print(Settings.schema)
    }
}

/// The answer of `kvagent config show --json`.
private struct EffectiveAnswer: Encodable {
    struct Setting: Encodable {
        /// The whole path, as in the messages of `config check`.
        let key: String
        let value: EffectiveScalar

        /// `file`, `inherited` or `default`.
        let origin: String
        @OrNull var line: Int?

        /// The key whose value it is, where it is inherited.
        @OrNull var from: String?

        init(_ leaf: (path: String, value: EffectiveScalar, origin: SettingOrigin)) {
            key = leaf.path
            value = leaf.value
            var line: Int?
            var from: String?
            switch leaf.origin {
            case .line(let number):
                origin = "file"
                line = number
            case .inherited(let other):
                origin = "inherited"
                from = other
            case .standard: origin = "default"
            }
            _line = OrNull(wrappedValue: line)
            _from = OrNull(wrappedValue: from)
        }
    }

    let file: String
    let settings: [Setting]
}

extension EffectiveScalar: Encodable {
    package func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        switch self {
        case .text(let text): try container.encode(text)
        case .number(let number): try container.encode(number)
        case .flag(let flag): try container.encode(flag)
        }
    }
}
