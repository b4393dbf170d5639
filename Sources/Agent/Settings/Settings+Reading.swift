import Foundation
import Glibc
import Hooks
import SystemPackage
import Yams

extension Settings {
    /// Where the settings lie when neither `--config` nor `KVAGENT_CONFIG` says otherwise.
    package static let defaultFile = "/etc/kvagent/kvagent.yaml"

    /// More than any real file has; a larger one is not read at all.
    private static let largestFile = 1 << 20

    /// Reads and checks a settings file, YAML or JSON.
    ///
    /// - Throws: ``SettingsError`` with every problem that the file has.
    package static func read(_ file: String) throws(SettingsError) -> Settings {
        try parse(text(of: file), file: file)
    }

    /// The text of a file that should hold settings.
    static func text(of file: String) throws(SettingsError) -> String {
        func refuse(_ message: String) -> SettingsError {
            SettingsError([SettingsProblem(file: file, line: 1, key: "", message: message)])
        }
        let data: Data
        do {
            // Opening a FIFO that nobody writes to would wait for ever, and with it every command.
            let handle = try FileDescriptor.open(
                FilePath(file),
                .readOnly,
                options: [.nonBlocking, .closeOnExec]
            )
            data = try handle.closeAfter {
                var facts = stat()
                guard unsafe fstat(handle.rawValue, &facts) == 0 else {
                    throw Errno(rawValue: errno)
                }
                guard facts.st_mode & S_IFMT == S_IFREG else {
                    throw refuse("is no regular file; name the settings file")
                }
                var text = Data()
                var piece = [UInt8](repeating: 0, count: 1 << 15)
                while text.count <= largestFile {
                    let count = try unsafe piece.withUnsafeMutableBytes {
                        try unsafe handle.read(into: $0)
                    }
                    if count == 0 { break }
                    text += piece[..<count]
                }
                return text
            }
        } catch Errno.noSuchFileOrDirectory {
            throw refuse("no such file; write the settings there or name them with --config")
        } catch {
            throw error as? SettingsError ?? refuse("can't be read: \(error)")
        }
        guard data.count <= largestFile else { throw refuse("larger than 1 MiB") }
        guard let text = String(data: data, encoding: .utf8) else { throw refuse("not UTF-8") }
        return text
    }

    /// Checks the text of a settings file; `file` is only for messages.
    package static func parse(_ text: String, file: String) throws(SettingsError) -> Settings {
        let root = try compose(text, file: file)
        guard let root, root.mapping != nil || root.scalar?.string.first == "{" else {
            throw SettingsError([
                SettingsProblem(
                    file: file,
                    line: 1,
                    key: "",
                    message: "holds no settings; start with \"secretsManagementSettings:\""
                )
            ])
        }
        var reader = SettingsReader(file: file)
        let outer = SettingsCursor(node: root, path: "", place: SettingsVocabulary.top, line: 1)
        let cursor = SettingsEnvelope.open(outer, reader: &reader)
        return try reader.wholeSettings(cursor)
    }

    /// The tree of a YAML or JSON text; nil for an empty one.
    static func compose(_ text: String, file: String) throws(SettingsError) -> Node? {
        do {
            // Nothing here asks whether YAML takes a scalar for a number or a date, and to find
            // out would match seven regular expressions for each key.
            return try Yams.compose(yaml: text, .basic)
        } catch let error as YamlError {
            throw SettingsError([problem(of: error, file: file)])
        } catch {
            throw SettingsError([
                SettingsProblem(file: file, line: 1, key: "", message: "\(error)")
            ])
        }
    }

    private static func problem(of error: YamlError, file: String) -> SettingsProblem {
        switch error {
        case .scanner(_, let problem, let mark, _), .parser(_, let problem, let mark, _),
            .composer(_, let problem, let mark, _):
            SettingsProblem(
                file: file,
                line: mark.line,
                key: "",
                message: "not valid YAML: \(problem) at column \(mark.column)"
            )
        case .duplicatedKeysInMapping(let duplicates, let context):
            SettingsProblem(
                file: file,
                line: context.mark.line,
                key: duplicates.joined(separator: ", "),
                message: "given twice in the map that begins here; keep one"
            )
        default:
            SettingsProblem(
                file: file,
                line: 1,
                key: "",
                message: "not valid YAML: "
                    + "\(error)".split(separator: "\n", maxSplits: 1)[...].prefix(1).joined()
            )
        }
    }
}
