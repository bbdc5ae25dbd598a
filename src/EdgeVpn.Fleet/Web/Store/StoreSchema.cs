namespace EdgeVpn.Fleet.Web.Store;

/// <summary>The layout of the console's database, and how an older one becomes it. Times are milliseconds since 1970, UTC.</summary>
internal static class StoreSchema
{
    /// <summary>What <c>PRAGMA user_version</c> says; each step of <see cref="Steps"/> raises it by one.</summary>
    public static int Current => Steps.Length;

    /// <summary>In order, never changed once released: a database made by any older version walks the rest of them.</summary>
    private static readonly string[][] Steps =
    [
        [
            // What each box said last, as it said it.
            """
            CREATE TABLE box (
                device TEXT PRIMARY KEY, online INTEGER, session TEXT, online_since INTEGER, report BLOB, reported_at INTEGER, heard_at INTEGER,
                desired_epoch INTEGER, desired_revision INTEGER, cpu REAL, temperature REAL, uptime REAL) WITHOUT ROWID
            """,
            // Every document that was seen on its way: who sent it from here, and the last word of the box about it.
            """
            CREATE TABLE document (
                device TEXT, epoch INTEGER, revision INTEGER, sha256 TEXT, seen_at INTEGER, issued_at INTEGER, author TEXT,
                state TEXT, state_at INTEGER, reason TEXT, PRIMARY KEY (device, epoch, revision)) WITHOUT ROWID
            """,
            """
            CREATE TABLE event (
                id INTEGER PRIMARY KEY, device TEXT NOT NULL, stream TEXT NOT NULL, sequence INTEGER NOT NULL, at INTEGER NOT NULL, heard_at INTEGER NOT NULL,
                kind TEXT NOT NULL, state TEXT NOT NULL, subject TEXT, reason TEXT, lost INTEGER NOT NULL, UNIQUE (device, stream, sequence))
            """,
            "CREATE INDEX event_of_device ON event (device, id)",
            // Growth within a minute, and within an hour. Sums and counts, so that an hour is a sum of its minutes.
            """
            CREATE TABLE minute (
                device TEXT, connection TEXT, at INTEGER, seconds REAL, octets_in INTEGER, octets_out INTEGER, packets_in INTEGER, packets_out INTEGER, dropped INTEGER,
                loss_sum REAL, loss_count INTEGER, rtt_sum REAL, rtt_count INTEGER, rtt_most REAL, mtu INTEGER, PRIMARY KEY (device, connection, at)) WITHOUT ROWID
            """,
            """
            CREATE TABLE hour (
                device TEXT, connection TEXT, at INTEGER, seconds REAL, octets_in INTEGER, octets_out INTEGER, packets_in INTEGER, packets_out INTEGER, dropped INTEGER,
                loss_sum REAL, loss_count INTEGER, rtt_sum REAL, rtt_count INTEGER, rtt_most REAL, mtu INTEGER, PRIMARY KEY (device, connection, at)) WITHOUT ROWID
            """,
            """
            CREATE TABLE account (
                name TEXT PRIMARY KEY, role TEXT NOT NULL, password TEXT, made_at INTEGER NOT NULL, signed_in_at INTEGER, generation INTEGER NOT NULL) WITHOUT ROWID
            """,
            // Append-only: also for whoever opens the file by hand and forgets to drop the triggers first. Who does not forget breaks the chain of hashes.
            """
            CREATE TABLE audit (
                id INTEGER PRIMARY KEY, at INTEGER NOT NULL, who TEXT NOT NULL, origin TEXT NOT NULL, action TEXT NOT NULL, subject TEXT NOT NULL, detail TEXT NOT NULL,
                hash TEXT NOT NULL)
            """,
            "CREATE TRIGGER audit_is_not_changed BEFORE UPDATE ON audit BEGIN SELECT RAISE(ABORT, 'the audit log is append-only'); END",
            "CREATE TRIGGER audit_is_not_shortened BEFORE DELETE ON audit BEGIN SELECT RAISE(ABORT, 'the audit log is append-only'); END",
        ],
    ];

    /// <exception cref="StoreException">It was written by a newer version.</exception>
    public static void Bring(Sqlite database) => database.Together(() =>
    {
        var version = database.Number("PRAGMA user_version");
        if (version > Current) throw new StoreException($"the console's database has layout {version}, this version knows {Current}: use the newer edgefleet.");
        if (version == Current) return;
        for (var step = (int)version; step < Current; step++)
        {
            foreach (var sql in Steps[step]) database.Run(sql);
        }

        database.Run($"PRAGMA user_version = {Current}");
    });
}
