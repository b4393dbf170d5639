import ArgumentParser

/// An application and its secret as the command line writes them.
struct ClientArgument: ExpressibleByArgument {
    let id: String
    let secret: String

    init?(argument: String) {
        guard let equals = argument.firstIndex(of: "=") else { return nil }
        id = String(argument[..<equals])
        secret = String(argument[argument.index(after: equals)...])
        if id.isEmpty || secret.isEmpty { return nil }
    }
}
