import GRDB

extension Database {
    /// Runs a statement that a pass runs for every certificate, and keeps it prepared.
    ///
    /// To prepare one that writes to the ledger, SQLite compiles the triggers that chain its rows,
    /// too: with a thousand new certificates, a quarter of the processor time. The connection
    /// keeps such a statement with what was last bound in it, so none is for what hooks print.
    func reuse(_ sql: String, _ arguments: StatementArguments) throws {
        try cachedStatement(sql: sql).execute(arguments: arguments)
    }
}
