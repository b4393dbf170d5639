import FoundationEssentials
import Glibc

/// The folder in which an emulator keeps what must outlive it: its authority, its token key, the
/// contents of its vaults.
///
/// Every file is written beside its place, readable by its owner alone, and renamed into it, so
/// that a process killed at any instant leaves the old file or the new one. There is no `fsync`:
/// only a power cut could tell, and no stand-in needs to survive that.
struct StateFolder: Sendable {
    let path: String

    /// Makes the folder where there is none, and checks that no other emulator works in it.
    init(path: String) throws(EmulatorError) {
        self.path = path
        for folder in [path, path + "/vaults"] {
            do {
                try FileManager.default.createDirectory(
                    atPath: folder,
                    withIntermediateDirectories: true,
                    attributes: [.posixPermissions: 0o700]
                )
            } catch {
                throw EmulatorError("make folder \(folder)", cause: error)
            }
        }
    }

    /// The contents of a file, nil where there is no such file.
    func read(_ name: String) throws(EmulatorError) -> Data? {
        let file = path + "/" + name
        guard FileManager.default.fileExists(atPath: file) else { return nil }
        do {
            return try Data(contentsOf: URL(filePath: file))
        } catch {
            throw EmulatorError("read \(file)", cause: error)
        }
    }

    /// Puts a file in place with one rename.
    func write(_ contents: some Collection<UInt8>, to name: String) throws(EmulatorError) {
        let file = path + "/" + name
        let temporary = file + ".new-\(UInt64.random(in: 0...UInt64.max))"
        let descriptor = unsafe open(temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw .system("create \(temporary)") }
        let bytes = Array(contents)
        var written = 0
        while written < bytes.count {
            let count = unsafe bytes.withUnsafeBytes { buffer in
                unsafe Glibc.write(
                    descriptor,
                    UnsafeRawBufferPointer(rebasing: buffer[written...]).baseAddress,
                    buffer.count - written
                )
            }
            if count < 0, errno == EINTR { continue }
            guard count > 0 else {
                let error = EmulatorError.system("write \(temporary)")
                close(descriptor)
                unsafe unlink(temporary)
                throw error
            }
            written += count
        }
        close(descriptor)
        guard unsafe rename(temporary, file) == 0 else {
            let error = EmulatorError.system("rename \(temporary)")
            unsafe unlink(temporary)
            throw error
        }
    }

    /// Removes a file that means nothing any more; one that stays does no harm.
    func remove(_ name: String) {
        try? FileManager.default.removeItem(atPath: path + "/" + name)
    }

    /// Removes what writes that were cut short have left; for whoever holds the folder's lock.
    func removeLeftovers() {
        for folder in [".", "vaults"] {
            for file in list(folder) where file.contains(".new-") {
                remove(folder + "/" + file)
            }
        }
    }

    /// The names of the files in a folder of this one.
    func list(_ folder: String) -> [String] {
        // A folder that cannot be listed has no vaults; `init` has made it or has thrown.
        (try? FileManager.default.contentsOfDirectory(atPath: path + "/" + folder)) ?? []
    }
}
