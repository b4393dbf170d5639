import History

extension CertificateSection {
    /// Which versions a person has let through, and why.
    var approvals: HTML {
        guard !record.approvals.isEmpty else { return .empty }
        return HTML([
            element("h4") { "Approvals" },
            PageTable(
                "Approvals of versions of \(status.name) that the policy held, newest first",
                columns: ["Version", "Approved", "By", "Why"]
            ).html(
                record.approvals.map { approval in
                    [
                        .header(element("code") { String(approval.version.prefix(8)) }),
                        .cell(clock.time(approval.at)),
                        .cell(HTML(text: approval.actor, limit: 80)),
                        .cell(HTML(text: approval.reason ?? "–", limit: 400), "prose"),
                    ]
                }
            ),
        ])
    }
}
