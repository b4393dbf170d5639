import GRDB

extension Configuration {
    /// How a connection waits, and what it may use.
    private static var common: Configuration {
        var configuration = Configuration()
        configuration.label = "history"
        configuration.foreignKeysEnabled = true
        // What is bound may be a hook's output or a person's words: never in an error.
        configuration.publicStatementArguments = false
        configuration.busyMode = .timeout(10)
        configuration.prepareDatabase { db in
            // 512 KiB: the upper pages of the few indexes that are walked. Those below them are seen
            // once, and to keep them takes longer than to read them again.
            try db.execute(sql: "PRAGMA cache_size = -512")
        }
        return configuration
    }

    /// For the pool that writes, and reads beside it.
    ///
    /// Its SQL has kvagent_sha256, with which the triggers chain what is written.
    static func writing(_ digest: LedgerDigest) -> Configuration {
        var configuration = common
        // The daemon asks one thing at a time, and each connection costs a page cache.
        configuration.maximumReaderCount = 1
        configuration.prepareDatabase { db in
            db.add(function: digest.sqlFunction)
            if !db.configuration.readonly {
                // After a long reader has held up the checkpoint, the -wal shrinks back to this.
                try db.execute(sql: "PRAGMA journal_size_limit = 4194304")
            }
        }
        return configuration
    }

    /// For a command that only reads.
    static var reading: Configuration {
        var configuration = common
        configuration.readonly = true
        return configuration
    }
}
