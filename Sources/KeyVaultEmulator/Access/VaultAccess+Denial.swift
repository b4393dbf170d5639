extension VaultAccess {
    /// Where every client of an emulator comes from.
    static let clientAddress = "127.0.0.1"

    /// The refusal that a request meets, in the order of the service: the network, then permission.
    ///
    /// Microsoft, "Authentication, requests and responses": a token is validated in between, yet
    /// what the firewall says names the caller.
    func denial(of request: VaultRequest, by caller: TokenAuthority.Claims) -> Reply? {
        guard network.isPublic else {
            return .deniedByConnection(caller.caller, vault: request.vault)
        }
        guard network.allows(Self.clientAddress) else {
            return .deniedByFirewall(caller.caller, vault: request.vault)
        }
        switch model {
        case .open: return nil
        case .roles:
            guard assignment(for: request, by: caller) == nil else { return nil }
            return .deniedByRole(
                caller.caller,
                action: request.action,
                vault: request.vault,
                object: request.objectPath
            )
        case .policies:
            let permission = request.permission
            if policies.contains(where: { $0.allows(permission, to: caller.oid) }) { return nil }
            return .deniedByPolicy(caller.caller, permission: permission, vault: request.vault)
        }
    }

    private func assignment(
        for request: VaultRequest,
        by caller: TokenAuthority.Claims
    ) -> RoleAssignment? {
        assignments.first {
            $0.allows(request.action, on: request.objectPath, to: caller.oid)
        }
    }
}
