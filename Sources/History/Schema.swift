import GRDB
import Migrations

/// The schema that this kvagent knows, and how a database stands to it.
enum Schema {
    /// What a database is to this kvagent.
    enum Standing: Equatable {
        /// Nothing is in it yet.
        case empty
        /// It lacks steps that we have.
        case older
        case current
        /// It has steps that we do not know; the first of them.
        case newer(String)
    }

    /// The .sql files under their own names.
    ///
    /// GRDB keeps the list of those applied, and runs each in a transaction of its own.
    static let migrator: DatabaseMigrator = {
        var migrator = DatabaseMigrator()
        for migration in Migration.all {
            migrator.registerMigration(migration.name) { db in
                try db.execute(sql: String(decoding: migration.sql, as: UTF8.self))
            }
        }
        return migrator
    }()

    /// Where a database with the steps `applied` stands towards one that knows `known`.
    static func standing(
        applied: Set<String>,
        known: [String] = Migration.all.map(\.name)
    ) -> Standing {
        if let foreign = applied.subtracting(known).min() { return .newer(foreign) }
        if applied.isEmpty { return .empty }
        return applied.count == known.count ? .current : .older
    }

    /// Where this database stands.
    ///
    /// - Throws: `Refused` when it is a whole database, but of another program.
    static func standing(of db: Database) throws -> Standing {
        let standing = standing(applied: try migrator.appliedIdentifiers(db))
        guard standing == .empty, try Int.fetchOne(db, sql: "SELECT 1 FROM sqlite_master") != nil
        else { return standing }
        // Not a word of ours in it, and still not empty. The one table of its own that GRDB
        // makes before the first step stands there alone after a crash between the two.
        let sql = "SELECT name FROM sqlite_master WHERE type = 'table'"
        let tables = try String.fetchSet(db, sql: sql)
        guard tables.isSubset(of: ["grdb_migrations"]) else {
            throw Refused(cause: "it is the database of another program")
        }
        return standing
    }
}
