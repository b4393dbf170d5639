import ArgumentParser
import FoundationEssentials
import KeyVaultEmulator

/// The option that every command has: whose state.
struct StateOptions: ParsableArguments {
    @Option(help: "The emulator's state folder.", completion: .directory)
    var state: String

    /// Where the emulator of this folder is reached, as it wrote when it started.
    func endpoints() throws -> EmulatorEndpoints {
        let file = state + "/" + EmulatorEndpoints.fileName
        do {
            return try JSONDecoder().decode(
                EmulatorEndpoints.self,
                from: Data(contentsOf: URL(filePath: file))
            )
        } catch {
            throw CommandError("read \(file): no emulator has been started on this state folder")
        }
    }
}
