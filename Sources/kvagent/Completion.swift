import Agent
import ArgumentParser
import Foundation
import History
import Store

/// What a shell offers for the words that only this machine knows.
///
/// The generated scripts run `kvagent ---completion` at each press of TAB, as the user who types.
/// Settings or a history that this user may not read mean no offers, never a message in the middle
/// of the command line.
enum Completion {
    /// The names of the settings that the command line doesn't have yet.
    static let certificates = CompletionKind.custom { words, index, _ in
        let line = CommandLineWords(words, completing: index)
        return line.settings?.certificates.map(\.name).filter { !line.others.contains($0) } ?? []
    }

    /// The names of what is orphaned and not on the command line yet.
    static let orphans = CompletionKind.custom { words, index, _ in
        let line = CommandLineWords(words, completing: index)
        guard let settings = line.settings,
            let history = try? settings.historyForReading(),
            let orphans = try? OrphanStatus.all(settings, history: history)
        else { return [] }
        return Set(orphans.map(\.name)).subtracting(line.others).sorted()
    }

    /// The versions that `rollback` would take for the certificate on the command line, newest
    /// first.
    static let versions = CompletionKind.custom { words, index, _ in
        CommandLineWords(words, completing: index).versions(areTargets: true)
    }

    /// Every version on record of the certificate on the command line, newest first.
    static let recordedVersions = CompletionKind.custom { words, index, _ in
        CommandLineWords(words, completing: index).versions(areTargets: false)
    }
}

/// A command line as the shell has cut it into words, and what it is about.
private struct CommandLineWords {
    /// The words after the subcommand, without quotes, without the one that is being completed.
    let others: [String]
    let settings: Settings?

    init(_ words: [String], completing index: Int) {
        others = words.enumerated().filter { $0.offset > 1 && $0.offset != index }
            .map { Self.unquoted($0.element) }
        let file = SettingsOptions.file(named: Self.value(of: "--config", in: others))
        // Why they can't be read is for the command itself to say.
        settings = try? Settings.read(file)
    }

    /// The versions on record, newest first, without those that `rollback` would refuse where they
    /// are to be its targets.
    func versions(areTargets: Bool) -> [String] {
        // The first word that is a certificate's name: `--reason` may have another one after it.
        guard let settings,
            let certificate = others.lazy.compactMap({ settings.certificate(named: $0) }).first
        else { return [] }
        do {
            let current = try CertificateStore(root: certificate.storeLocation)
                .currentVersion(of: certificate.name)
            let takesExpired = others.contains("--force")
            return try settings.historyForReading()?.versions(of: certificate.name)
                .filter { $0.thumbprint != nil }
                .filter { !areTargets || $0.version != current }
                .filter { !areTargets || takesExpired || $0.notAfter.map { $0 > Date() } ?? true }
                .map(\.version).abbreviated ?? []
        } catch {
            // As above.
            return []
        }
    }

    /// The value of an option, written `--option value` or `--option=value`.
    private static func value(of option: String, in words: [String]) -> String? {
        for (index, word) in words.enumerated() {
            if word.hasPrefix("\(option)=") { return String(word.dropFirst(option.count + 1)) }
            guard word == option else { continue }
            // bash makes a word of its own of the equals sign.
            return words[(index + 1)...].first { $0 != "=" }
        }
        return nil
    }

    /// A word without quotes and backslashes; the shell hands it over as it was typed.
    private static func unquoted(_ word: String) -> String {
        var result = ""
        var quote: Character?
        var isEscaped = false
        for character in word {
            if isEscaped {
                result.append(character)
                isEscaped = false
            } else if character == "\\", quote != "'" {
                isEscaped = true
            } else if character == quote {
                quote = nil
            } else if quote == nil, character == "'" || character == "\"" {
                quote = character
            } else {
                result.append(character)
            }
        }
        return result
    }
}

extension [String] {
    /// Each version in its short form, or whole where two would look the same.
    fileprivate var abbreviated: [String] {
        let count = Dictionary(grouping: self, by: \.shortVersion).mapValues(\.count)
        return map { count[$0.shortVersion] == 1 ? $0.shortVersion : $0 }
    }
}
