import Foundation
import GRDB

extension Deployment {
    init(_ row: ResultRow) throws {
        self.init(
            id: try row.read("id"),
            certificate: try row.read("certificate"),
            version: try row.read("version"),
            thumbprint: try row.readIfPresent("thumbprint"),
            sha256: try row.readIfPresent("sha256"),
            notBefore: try row.dateIfPresent("not_before"),
            notAfter: try row.dateIfPresent("not_after"),
            trigger: try row.read("trigger"),
            outcome: try row.readIfPresent("outcome"),
            reason: try row.readIfPresent("reason"),
            actor: try row.read("actor"),
            startedAt: try row.date("started_at"),
            finishedAt: try row.dateIfPresent("finished_at"),
            previousVersion: try row.readIfPresent("previous_version"),
            runID: try row.read("run_id"),
            error: try row.readIfPresent("error")
        )
    }
}

extension Trigger: DatabaseValueConvertible {}
extension Outcome: DatabaseValueConvertible {}
