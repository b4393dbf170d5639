/// One step of the database's schema, as it stands in its .sql file.
package struct Migration: Sendable {
    /// The file's name without its ending; what the database remembers of it.
    package let name: String

    /// The statements, UTF-8 as on disk, run in one transaction.
    package let sql: [UInt8]
}

extension Migration {
    /// Every step, oldest first.
    ///
    /// A shipped one never changes: a correction is a new file.
    package static let all = [
        Migration(name: "v001_history", sql: PackageResources.v001_history_sql),
        Migration(name: "v002_ledger", sql: PackageResources.v002_ledger_sql),
        Migration(name: "v003_questions", sql: PackageResources.v003_questions_sql),
        Migration(name: "v004_examination", sql: PackageResources.v004_examination_sql),
        Migration(name: "v005_places", sql: PackageResources.v005_places_sql),
    ]
}
