import Foundation
import GRDB

/// What one pass has seen of a certificate in its vault.
package struct Sighting: Sendable {
    package var url: String
    /// What was fetched, each as it was examined.
    package var versions: [VersionRecord]
    package var examinations: [Examination]
    /// How the certificate stands now.
    package var poll: PollRecord

    package init(
        url: String,
        versions: [VersionRecord],
        examinations: [Examination],
        poll: PollRecord
    ) {
        self.url = url
        self.versions = versions
        self.examinations = examinations
        self.poll = poll
    }
}

extension History {
    /// Keeps what a pass has seen, in one transaction however many certificates there are: each
    /// costs a flush of the disk.
    package func record(_ sightings: [Sighting]) throws(HistoryError) {
        try write("record what a pass saw") { db in
            for sighting in sightings {
                let poll = sighting.poll
                try db.register(poll.certificate, url: sighting.url, at: poll.lastTryAt)
                for version in sighting.versions { try version.record(db) }
                for examination in sighting.examinations { try examination.record(db) }
                try db.record(poll)
            }
        }
    }
}

extension Database {
    /// Makes a certificate known, or notes its new URL.
    func register(_ certificate: String, url: String, at: Date) throws {
        try reuse(
            """
            INSERT INTO certificate (name, url, first_seen_at, url_since)
            VALUES (:name, :url, :at, :at)
            ON CONFLICT (name) DO UPDATE
            SET url = excluded.url, url_since = excluded.url_since
            WHERE url <> excluded.url
            """,
            ["name": certificate, "url": url, "at": Timestamp.text(at)]
        )
    }

    /// Writes how the last poll of a certificate went over what was there.
    func record(_ poll: PollRecord) throws {
        try reuse(
            """
            INSERT INTO poll (
                certificate, last_try_at, last_success_at, consecutive_failures,
                error, error_kind, latest_version, next_poll_at
            ) VALUES (
                :certificate, :lastTryAt, :lastSuccessAt, :consecutiveFailures,
                :error, :errorKind, :latestVersion, :nextPollAt
            )
            ON CONFLICT (certificate) DO UPDATE SET
                last_try_at = excluded.last_try_at,
                last_success_at = excluded.last_success_at,
                consecutive_failures = excluded.consecutive_failures,
                error = excluded.error,
                error_kind = excluded.error_kind,
                latest_version = excluded.latest_version,
                next_poll_at = excluded.next_poll_at
            """,
            [
                "certificate": poll.certificate,
                "lastTryAt": Timestamp.text(poll.lastTryAt),
                "lastSuccessAt": poll.lastSuccessAt.map(Timestamp.text),
                "consecutiveFailures": poll.consecutiveFailures,
                "error": poll.error,
                "errorKind": poll.errorKind,
                "latestVersion": poll.latestVersion,
                "nextPollAt": poll.nextPollAt.map(Timestamp.text),
            ]
        )
    }
}
