import Glibc
import Store
import SystemPackage

extension Settings {
    /// Makes the directories of history, lock and certificates where they are missing.
    ///
    /// - Throws: ``SettingsError`` that names the key whose directory can't be written.
    func makeDirectories() throws(SettingsError) {
        let problems = directoryProblems()
        guard problems.isEmpty else { throw SettingsError(problems) }
        let extensionLocations = Set(certificates.compactMap(\.extensionPlace?.location))
            .map { ($0, "secretsManagementSettings.certificateStoreLocation") }
        for (directory, key) in [(stateDirectory, "stateDirectory")] + storeLocations()
            + extensionLocations
        {
            do {
                try CertificateStore.makeDirectory(directory)
            } catch {
                throw SettingsError([unusable(key, directory, error)])
            }
        }
    }

    /// Problems that only a look at the disk shows, found without changing anything.
    package func directoryProblems() -> [SettingsProblem] {
        if let obstacle = CertificateStore.obstacle(to: stateDirectory) {
            // What keeps the agent from here keeps it from everything below, too.
            return [unusable("stateDirectory", stateDirectory, obstacle)]
        }
        return storeLocations().compactMap { path, key in
            CertificateStore.obstacle(to: path).map { unusable(key, path, $0) }
        }
    }

    /// Each store once, with the key that named it.
    func storeLocations() -> [(FilePath, String)] {
        var seen: Set<String> = []
        return certificates.indices.compactMap { index in
            let location = certificates[index].storeLocation
            guard seen.insert(location.string).inserted else { return nil }
            let secrets = "secretsManagementSettings"
            let own = "\(secrets).observedCertificates[\(index)].certificateStoreLocation"
            let shared = "\(secrets).certificateStoreLocation"
            let key = [own, shared].first { origins.lines[$0] != nil } ?? "stateDirectory"
            return (location, key)
        }
    }

    private func unusable(_ key: String, _ path: FilePath, _ error: StoreError) -> SettingsProblem {
        let mend =
            geteuid() == 0
            ? "name a directory that the agent may create and write"
            : "run kvagent as root, or as the user that the service runs as"
        return origins.problem(key, "\(path) can't be written: \(error.cause); \(mend)")
    }
}
