import ArgumentParser
import KeyVaultEmulator

extension Role: ExpressibleByArgument {
    /// Reads `secretsUser`, or the name that Azure shows.
    package init?(argument: String) {
        guard
            let role = Self.allCases.first(where: {
                $0.word == argument || $0.rawValue.lowercased() == argument.lowercased()
            })
        else { return nil }
        self = role
    }

    package static var allValueStrings: [String] { allCases.map(\.word) }

    package var defaultValueDescription: String { word }

    private var word: String {
        switch self {
        case .secretsUser: "secretsUser"
        case .certificateUser: "certificateUser"
        case .reader: "reader"
        case .administrator: "administrator"
        }
    }
}
