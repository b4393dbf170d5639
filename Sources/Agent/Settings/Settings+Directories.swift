import Store
import SystemPackage

extension Settings {
    /// Makes the directory of history and lock where it is missing.
    ///
    /// - Throws: ``SettingsError`` that names the key when it can't be written.
    func makeStateDirectory() throws(SettingsError) {
        do {
            try CertificateStore.makeDirectory(stateDirectory)
        } catch {
            throw SettingsError([unusable("stateDirectory", stateDirectory, error)])
        }
    }

    /// Makes the stores where they are missing, and clears what a crash left in them.
    ///
    /// To be called with the lock held: to anyone else, work in progress looks like leftovers.
    ///
    /// - Throws: ``SettingsError`` that names the key whose directory can't be written.
    func prepareStores() throws(SettingsError) {
        for (location, key) in storeLocations() {
            do {
                try CertificateStore.makeDirectory(location)
                try CertificateStore(root: location).prepare()
            } catch {
                throw SettingsError([unusable(key, location, error)])
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
    private func storeLocations() -> [(FilePath, String)] {
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
        origins.problem(
            key,
            "\(path) can't be written: \(error.cause); name a directory that the agent may create and write"
        )
    }
}
