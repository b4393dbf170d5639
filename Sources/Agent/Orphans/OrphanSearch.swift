import Glibc
import History
import Store
import SystemPackage

/// Finds what is orphaned; changes nothing and needs no lock.
///
/// The history knows where the agent has put what. Beside that the stores of today are looked
/// through, for the history may be a new one.
struct OrphanSearch: Sendable {
    private let settings: Settings
    private let history: History?

    init(_ settings: Settings, history: History?) {
        self.settings = settings
        self.history = history
    }

    /// Everything that is orphaned, by certificate and place.
    ///
    /// - Throws: `HistoryError`. A directory that can't be looked at is told with its problem.
    func orphans() throws(HistoryError) -> [Orphan] {
        var orphans = try directories()
        let targets = try unnamedTargets()
        for (certificate, targets) in Dictionary(grouping: targets, by: \.certificate) {
            if let index = orphans.firstIndex(where: { $0.certificate == certificate }) {
                orphans[index].targets = targets
            } else {
                orphans.append(Orphan(certificate: certificate, targets: targets))
            }
        }
        return orphans.sorted {
            ($0.certificate, $0.location?.string ?? "") < (
                $1.certificate, $1.location?.string ?? ""
            )
        }
    }

    /// Directories of certificates that no entry has.
    private func directories() throws(HistoryError) -> [Orphan] {
        var accounted: [String: Set<String>] = [:]
        for certificate in settings.certificates {
            accounted[certificate.storeLocation.string, default: []].insert(certificate.name)
        }
        var orphans: [Orphan] = []
        for placement in try history?.placements() ?? [] {
            let location = FilePath(placement.location)
            let isNew = accounted[location.string, default: []].insert(placement.certificate)
                .inserted
            if isNew { orphans.append(Orphan(at: location, of: placement.certificate)) }
        }
        for (location, _) in settings.storeLocations() {
            // What keeps a store from being read fails its own certificates, and is told of them.
            let store = CertificateStore(root: location)
            let names = accounted[location.string] ?? []
            for name in (try? store.certificates(besides: names)) ?? [] {
                let orphan = Orphan(at: location, of: name)
                // Somebody's own directory may have a `versions`, too.
                if orphan.hasVersions { orphans.append(orphan) }
            }
        }
        guard !orphans.isEmpty else { return [] }
        // A place that has another path now, through a symlink or a mount, is no orphan.
        let places = Set(settings.certificates.compactMap { PlaceIdentity($0.ownDirectory) })
        return orphans.filter { orphan in
            !(orphan.directory.flatMap { PlaceIdentity($0) }.map(places.contains) ?? false)
        }
    }

    /// Links and copies that no entry names.
    private func unnamedTargets() throws(HistoryError) -> [TargetRecord] {
        let named = Set(settings.certificates.flatMap(\.allTargets).map(\.path))
        let unnamed = try history?.targets().filter { !named.contains(FilePath($0.path)) } ?? []
        guard !unnamed.isEmpty else { return [] }
        let places = Set(named.compactMap { PlaceIdentity($0) })
        return unnamed.filter { target in
            !(PlaceIdentity(FilePath(target.path)).map(places.contains) ?? false)
        }
    }
}

extension Orphan {
    /// What lies in a location under a certificate's name.
    init(at location: FilePath, of certificate: String) {
        self.init(certificate: certificate, location: location)
        let store = CertificateStore(root: location)
        do {
            versions = try store.versions(of: certificate)
            current = try store.currentVersion(of: certificate)
        } catch {
            problem = error
        }
    }
}
