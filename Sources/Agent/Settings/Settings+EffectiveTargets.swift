import Store
import SystemPackage

extension Settings {
    /// The further places of a certificate's files; nil where there are none.
    func effectiveTargets(
        _ certificate: ObservedCertificate,
        _ path: String
    ) -> EffectiveValue? {
        .elements(
            certificate.targets.enumerated().map { index, target in
                let place = "\(path)[\(index)]"
                let entries = [
                    ("path", text(target.path.string, "\(place).path")),
                    ("file", text(target.file, "\(place).file")),
                    (
                        "copy",
                        .scalar(.flag(target.kind != .link), origin("\(place).copy"))
                    ),
                ]
                guard case .copy(let access) = target.kind else { return .entries(entries) }
                return .entries(entries + effectiveAccess(access, place))
            }
        )
    }

    /// Owner, group, mode and ACL of an entry or of a copy.
    func effectiveAccess(_ access: FileAccess, _ path: String) -> [(String, EffectiveValue?)] {
        [
            ("owner", access.owner.map { text($0, "\(path).owner") }),
            ("group", access.group.map { text($0, "\(path).group") }),
            ("mode", text("0" + String(access.mode, radix: 8), "\(path).mode")),
            (
                "acls",
                .elements(
                    access.acls.enumerated().map { index, grant in
                        let place = "\(path).acls[\(index)]"
                        return .entries(
                            ("user", grant.user.map { text($0, "\(place).user") }),
                            ("group", grant.group.map { text($0, "\(place).group") })
                        )
                    }
                )
            ),
        ]
    }
}
