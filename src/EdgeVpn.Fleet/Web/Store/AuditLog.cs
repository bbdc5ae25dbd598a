using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace EdgeVpn.Fleet.Web.Store;

/// <summary>One thing that somebody did, or tried.</summary>
/// <param name="Id">From 1 without gaps.</param>
/// <param name="At">By this machine's clock.</param>
/// <param name="Who">Account; "-" if nobody was signed in.</param>
/// <param name="From">Address, or "terminal".</param>
/// <param name="Action">A stable word: sign-in, order, rollout-start, …</param>
/// <param name="Subject">What it was done to: a box, an account.</param>
/// <param name="Detail">The rest, for a person.</param>
/// <param name="Hash">SHA-256 over the hash before it and all of the above, hex.</param>
public sealed record AuditEntry(long Id, DateTimeOffset At, string Who, string From, string Action, string Subject, string Detail, string Hash);

/// <summary>Who did what, when, from where. Entries are only ever added, each hashed over the one before it.</summary>
/// <remarks>
/// A changed or missing entry breaks every hash behind it. Whoever may write the file could also count all of them anew: the newest hash, noted
/// elsewhere (<c>edgefleet serve audit</c> prints it), shows that too.
/// </remarks>
public sealed class AuditLog(Sqlite database, TimeProvider time)
{
    private const string Columns = "SELECT id, at, who, origin, action, subject, detail, hash FROM audit";
    private const int MaxDetail = 1_000;

    public void Add(string who, string from, string action, string subject = "", string detail = "") => database.Together(() =>
    {
        var last = database.Read(Columns + " ORDER BY id DESC LIMIT 1", Row);
        var (id, before) = last.Count == 0 ? (1, "") : (last[0].Id + 1, last[0].Hash);
        var at = DateTimeOffset.FromUnixTimeMilliseconds(time.GetUtcNow().ToUnixTimeMilliseconds());
        if (detail.Length > MaxDetail) detail = detail[..MaxDetail];
        var entry = new AuditEntry(id, at, who, from, action, subject, detail, "");
        database.Run(
            "INSERT INTO audit (id, at, who, origin, action, subject, detail, hash) VALUES ($id, $at, $who, $from, $action, $subject, $detail, $hash)",
            ("$id", id), ("$at", at.ToUnixTimeMilliseconds()), ("$who", who), ("$from", from), ("$action", action), ("$subject", subject), ("$detail", detail), ("$hash", Hash(before, entry)));
    });

    /// <summary>Newest first.</summary>
    /// <param name="before">Only entries before this one; 0 for all.</param>
    /// <param name="most">At most so many.</param>
    /// <param name="search">In account, action, subject or detail; "" for all.</param>
    public IReadOnlyList<AuditEntry> Read(long before, int most, string search = "") => database.Read(
        Columns + " WHERE ($before = 0 OR id < $before) AND ($search = '' OR instr(lower(who || ' ' || action || ' ' || subject || ' ' || detail), lower($search)) > 0) ORDER BY id DESC LIMIT $most",
        Row, ("$before", before), ("$search", search), ("$most", most));

    /// <summary>Counts all hashes anew.</summary>
    /// <returns>The number of the first entry that was changed, or behind which one is missing; null if all is as it was written.</returns>
    public long? FirstBroken()
    {
        var (expected, before) = (1L, "");
        while (true)
        {
            var page = database.Read(Columns + " WHERE id >= $from ORDER BY id LIMIT 1000", Row, ("$from", expected));
            foreach (var entry in page)
            {
                if (entry.Id != expected || entry.Hash != Hash(before, entry)) return expected;
                (expected, before) = (expected + 1, entry.Hash);
            }

            if (page.Count < 1_000) return null;
        }
    }

    // Lengths before texts: no two different entries are the same octets.
    private static string Hash(string before, AuditEntry entry)
    {
        var text = new StringBuilder();
        foreach (var part in (string[])[before, entry.Id.ToString(CultureInfo.InvariantCulture), entry.At.ToUnixTimeMilliseconds().ToString(CultureInfo.InvariantCulture), entry.Who, entry.From, entry.Action, entry.Subject, entry.Detail])
            text.Append(CultureInfo.InvariantCulture, $"{part.Length}:{part}");
        return Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(text.ToString())));
    }

    private static AuditEntry Row(Microsoft.Data.Sqlite.SqliteDataReader row) => new(
        row.GetInt64(0), DateTimeOffset.FromUnixTimeMilliseconds(row.GetInt64(1)), row.GetString(2), row.GetString(3), row.GetString(4), row.GetString(5), row.GetString(6), row.GetString(7));
}
