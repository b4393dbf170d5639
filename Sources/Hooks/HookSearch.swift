import Glibc
import SystemPackage

/// One walk through a `hooks.d` directory.
struct HookSearch {
    let root: FilePath
    let timeout: Duration
    let certificates: Set<String>?
    private(set) var hooks: [Hook] = []
    private(set) var warnings: [HookWarning] = []

    init(root: FilePath, timeout: Duration, certificates: Set<String>? = nil) {
        self.root = root
        self.timeout = timeout
        self.certificates = certificates
    }

    mutating func run() {
        for name in entries(root) {
            let path = root.appending(name)
            if name == "certs", isDirectory(path) {
                visitCertificates(path)
            } else if let phase = HookPhase(rawValue: name), isDirectory(path) {
                visit(path, below: name, phase: phase, certificate: nil)
            } else if isDirectory(path) {
                warnUnlessSilent(name, path, "is none of check, deploy, reload, failure and certs")
            } else {
                visitFile(path, name: name, phase: .deploy, certificate: nil)
            }
        }
    }

    private mutating func visitCertificates(_ directory: FilePath) {
        for certificate in entries(directory) {
            let own = directory.appending(certificate)
            guard isDirectory(own) else {
                warnUnlessSilent(
                    certificate,
                    own,
                    "is no certificate's directory; move it to certs/NAME/PHASE/"
                )
                continue
            }
            if let certificates, !certificates.contains(certificate) {
                warnUnlessSilent(
                    certificate,
                    own,
                    "no certificate of this name in the settings; rename or remove it"
                )
                continue
            }
            for name in entries(own) {
                let path = own.appending(name)
                guard let phase = HookPhase(rawValue: name), isDirectory(path) else {
                    warnUnlessSilent(
                        name,
                        path,
                        "is none of the directories check, deploy, reload and failure; move it into one"
                    )
                    continue
                }
                visit(
                    path,
                    below: "certs/\(certificate)/\(name)",
                    phase: phase,
                    certificate: certificate
                )
            }
        }
    }

    private mutating func visit(
        _ directory: FilePath,
        below prefix: String,
        phase: HookPhase,
        certificate: String?
    ) {
        for name in entries(directory) {
            visitFile(
                directory.appending(name),
                name: "\(prefix)/\(name)",
                phase: phase,
                certificate: certificate
            )
        }
    }

    private mutating func visitFile(
        _ path: FilePath,
        name: String,
        phase: HookPhase,
        certificate: String?
    ) {
        switch HookFileName(path.lastComponent?.string ?? "") {
        case .silent:
            return
        case .refused(let reason):
            return warn(path, reason)
        case .hook:
            break
        }
        do {
            try TrustedPath.check(path, expecting: .program)
        } catch {
            return warn(path, error.reason)
        }
        hooks.append(
            Hook(
                name: name,
                phase: phase,
                command: [path.string],
                timeout: timeout,
                certificate: certificate
            )
        )
    }

    /// The names in a directory, sorted; none, with a warning, when it cannot be trusted or read.
    private mutating func entries(_ directory: FilePath) -> [String] {
        do {
            try TrustedPath.check(directory, expecting: .directory)
        } catch {
            if directory != root || error != .missing { warn(directory, error.reason) }
            return []
        }
        guard let stream = unsafe opendir(directory.string) else {
            warn(directory, "\(Errno(rawValue: errno)); nothing in it runs")
            return []
        }
        defer { unsafe closedir(stream) }
        var names: [String] = []
        while let entry = unsafe readdir(stream) {
            let name = unsafe withUnsafeBytes(of: &entry.pointee.d_name) { field in
                unsafe String(decoding: field.prefix { $0 != 0 }, as: UTF8.self)
            }
            if name != "." && name != ".." { names.append(name) }
        }
        return names.sorted()
    }

    private func isDirectory(_ path: FilePath) -> Bool {
        var facts = stat()
        return unsafe stat(path.string, &facts) == 0 && facts.st_mode & S_IFMT == S_IFDIR
    }

    private mutating func warnUnlessSilent(_ name: String, _ path: FilePath, _ reason: String) {
        if HookFileName(name) != .silent { warn(path, reason) }
    }

    private mutating func warn(_ path: FilePath, _ reason: String) {
        warnings.append(HookWarning(path: path.string, reason: reason))
    }
}
