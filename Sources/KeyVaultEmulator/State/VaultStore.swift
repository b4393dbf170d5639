import FoundationEssentials

/// The vaults of an emulator, in memory and in its state folder.
///
/// A change is in the folder before it is answered, so that what a client was told survives the
/// emulator's end, however it comes.
actor VaultStore {
    private let folder: StateFolder
    private var vaults: [String: VaultContents] = [:]

    /// Reads what an earlier emulator left.
    init(folder: StateFolder) throws(EmulatorError) {
        self.folder = folder
        for file in folder.list("vaults") where file.hasSuffix(".json") {
            guard let data = try folder.read("vaults/" + file) else { continue }
            do {
                vaults[String(file.dropLast(5))] = try JSONDecoder().decode(
                    VaultContents.self,
                    from: data
                )
            } catch {
                throw EmulatorError("read \(folder.path)/vaults/\(file)", cause: error)
            }
        }
    }

    /// The names of the vaults that hold anything.
    var names: [String] { vaults.keys.sorted() }

    /// What a vault holds; a vault nobody has written to is empty.
    func contents(of vault: String) -> VaultContents {
        vaults[vault] ?? VaultContents()
    }

    /// Changes a vault in one step.
    ///
    /// What `change` throws, or a full disk, leaves it as it was.
    func update<Result: Sendable>(
        _ vault: String,
        _ change: @Sendable (inout VaultContents) throws -> Result
    ) throws -> Result {
        let old = contents(of: vault)
        var new = old
        let result = try change(&new)
        guard new != old else { return result }
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys]
        try folder.write(try encoder.encode(new), to: "vaults/\(vault).json")
        vaults[vault] = new
        return result
    }
}
