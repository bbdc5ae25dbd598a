using EdgeVpn.Fleet.Commands;
using EdgeVpn.Fleet.Web.Live;
using EdgeVpn.Model.Twin;
using Microsoft.Data.Sqlite;

namespace EdgeVpn.Fleet.Web.Store;

/// <summary>A document on its way to one box, as far as the console saw it.</summary>
/// <param name="Version">Which.</param>
/// <param name="SeenAt">When the console first saw it.</param>
/// <param name="Author">The account that sent it from here; null if it came from elsewhere.</param>
/// <param name="State">The box's last word about it; null if it said none.</param>
/// <param name="StateAt">When that came.</param>
/// <param name="Reason">Why it was refused or reverted.</param>
/// <param name="Sha256">Of its body; null if nobody said.</param>
public sealed record SeenDocument(DocumentVersion Version, DateTimeOffset SeenAt, string? Author, string? State, DateTimeOffset? StateAt, string? Reason, string? Sha256);

/// <summary>Something that happened on a box.</summary>
public sealed record SeenEvent(string Device, DateTimeOffset At, string Kind, string State, string? Subject, string? Reason, long Lost);

/// <summary>What boxes said: last reports, documents, events.</summary>
public sealed class BoxStore(Sqlite database)
{
    /// <summary>Documents remembered per box.</summary>
    public const int MostDocuments = 200;

    /// <summary>Events remembered per box.</summary>
    public const int MostEvents = 1_000;

    public static readonly TimeSpan EventsFor = TimeSpan.FromDays(90);

    /// <summary>All that is done inside is written at once.</summary>
    public void Together(Action work) => database.Together(work);

    public IReadOnlyList<BoxPicture> Boxes() => database.Read(
        "SELECT device, online, session, online_since, report, reported_at, heard_at, desired_epoch, desired_revision, cpu, temperature, uptime FROM box ORDER BY device",
        static row =>
        {
            var payload = row.IsDBNull(4) ? [] : (byte[])row[4];
            return new BoxPicture(row.GetString(0))
            {
                Online = row.IsDBNull(1) ? null : row.GetInt64(1) != 0,
                Session = TextOf(row, 2),
                OnlineSince = TimeOf(row, 3),
                Payload = payload,
                Report = LooseReport.Read(payload),
                ReportedAt = TimeOf(row, 5),
                HeardAt = TimeOf(row, 6),
                Desired = row.IsDBNull(7) ? DocumentVersion.None : new DocumentVersion(row.GetInt64(7), row.GetInt64(8)),
                CpuPercent = RealOf(row, 9),
                TemperatureCelsius = RealOf(row, 10),
                UptimeSeconds = RealOf(row, 11),
            };
        });

    public void Save(BoxPicture box) => database.Run(
        """
        INSERT INTO box (device, online, session, online_since, report, reported_at, heard_at, desired_epoch, desired_revision, cpu, temperature, uptime)
        VALUES ($device, $online, $session, $since, $report, $reported, $heard, $epoch, $revision, $cpu, $temperature, $uptime)
        ON CONFLICT (device) DO UPDATE SET online = $online, session = $session, online_since = $since, report = $report, reported_at = $reported, heard_at = $heard,
            desired_epoch = $epoch, desired_revision = $revision, cpu = $cpu, temperature = $temperature, uptime = $uptime
        """,
        ("$device", box.Device), ("$online", box.Online), ("$session", box.Session), ("$since", Ms(box.OnlineSince)), ("$report", box.Payload.IsEmpty ? null : box.Payload.ToArray()),
        ("$reported", Ms(box.ReportedAt)), ("$heard", Ms(box.HeardAt)), ("$epoch", box.Desired.Epoch), ("$revision", box.Desired.Revision), ("$cpu", box.CpuPercent),
        ("$temperature", box.TemperatureCelsius), ("$uptime", box.UptimeSeconds));

    /// <summary>A document was seen at the broker.</summary>
    public void SawDocument(string device, DocumentVersion version, string? sha256, DateTimeOffset? issuedAt, DateTimeOffset now)
    {
        database.Run(
            """
            INSERT INTO document (device, epoch, revision, sha256, seen_at, issued_at) VALUES ($device, $epoch, $revision, $sha, $now, $issued)
            ON CONFLICT DO UPDATE SET sha256 = coalesce(sha256, $sha), issued_at = coalesce(issued_at, $issued)
            """,
            ("$device", device), ("$epoch", version.Epoch), ("$revision", version.Revision), ("$sha", sha256), ("$now", Ms(now)), ("$issued", Ms(issuedAt)));
        database.Run(
            """
            DELETE FROM document WHERE device = $device AND (epoch, revision) NOT IN
                (SELECT epoch, revision FROM document WHERE device = $device ORDER BY epoch DESC, revision DESC LIMIT $most)
            """,
            ("$device", device), ("$most", MostDocuments));
    }

    /// <summary>Who sent it from here.</summary>
    public void Wrote(string device, DocumentVersion version, string? sha256, string author, DateTimeOffset now) => database.Run(
        """
        INSERT INTO document (device, epoch, revision, sha256, seen_at, author) VALUES ($device, $epoch, $revision, $sha, $now, $author)
        ON CONFLICT DO UPDATE SET author = coalesce(author, $author)
        """,
        ("$device", device), ("$epoch", version.Epoch), ("$revision", version.Revision), ("$sha", sha256), ("$now", Ms(now)), ("$author", author));

    /// <summary>The box's word about a document. Saying the same again moves nothing.</summary>
    public void SaidOfDocument(string device, LooseReport report, DateTimeOffset now)
    {
        if (report.Version.IsNone || report.State is null or "none") return;
        SawDocument(device, report.Version, report.Sha256, null, now);
        database.Run(
            "UPDATE document SET state = $state, state_at = $now, reason = $reason WHERE device = $device AND epoch = $epoch AND revision = $revision AND state IS NOT $state",
            ("$device", device), ("$epoch", report.Version.Epoch), ("$revision", report.Version.Revision), ("$state", report.State), ("$now", Ms(now)),
            ("$reason", report.Reason is { } reason ? ReportText.Reason(reason) : null));
    }

    /// <summary>Newest first.</summary>
    public IReadOnlyList<SeenDocument> Documents(string device, int most) => database.Read(
        "SELECT epoch, revision, coalesce(issued_at, seen_at), author, state, state_at, reason, sha256 FROM document WHERE device = $device ORDER BY epoch DESC, revision DESC LIMIT $most",
        static row => new SeenDocument(new DocumentVersion(row.GetInt64(0), row.GetInt64(1)), TimeOf(row, 2)!.Value, TextOf(row, 3), TextOf(row, 4), TimeOf(row, 5), TextOf(row, 6), TextOf(row, 7)),
        ("$device", device), ("$most", most));

    public void Happened(string device, EventDocument said, DateTimeOffset now) => database.Run(
        """
        INSERT INTO event (device, stream, sequence, at, heard_at, kind, state, subject, reason, lost)
        VALUES ($device, $stream, $sequence, $at, $now, $kind, $state, $subject, $reason, $lost) ON CONFLICT DO NOTHING
        """,
        ("$device", device), ("$stream", TwinLimits.Text(said.Stream)), ("$sequence", said.Sequence), ("$at", Ms(said.At)), ("$now", Ms(now)), ("$kind", TwinLimits.Text(said.Kind)),
        ("$state", TwinLimits.Text(said.State)), ("$subject", said.Subject is null ? null : TwinLimits.Text(said.Subject)),
        ("$reason", said.Reason is { } reason ? TwinLimits.Text(ReportText.Reason(reason)) : null), ("$lost", said.Lost));

    /// <summary>Newest first; of one box, or (null) of all.</summary>
    public IReadOnlyList<SeenEvent> Events(string? device, int most) => database.Read(
        "SELECT device, at, kind, state, subject, reason, lost FROM event WHERE $device IS NULL OR device = $device ORDER BY id DESC LIMIT $most",
        static row => new SeenEvent(row.GetString(0), TimeOf(row, 1)!.Value, row.GetString(2), row.GetString(3), TextOf(row, 4), TextOf(row, 5), row.GetInt64(6)),
        ("$device", device), ("$most", most));

    /// <summary>Forgets events that are old, and those of a box that says too much.</summary>
    public void Forget(DateTimeOffset now)
    {
        database.Run("DELETE FROM event WHERE heard_at < $old", ("$old", Ms(now - EventsFor)));
        foreach (var device in database.Read("SELECT device FROM event GROUP BY device HAVING count(*) > $most", static row => row.GetString(0), ("$most", MostEvents)))
        {
            database.Run(
                "DELETE FROM event WHERE device = $device AND id <= (SELECT id FROM event WHERE device = $device ORDER BY id DESC LIMIT 1 OFFSET $most)", ("$device", device), ("$most", MostEvents));
        }
    }

    private static long? Ms(DateTimeOffset? time) => time?.ToUnixTimeMilliseconds();

    private static DateTimeOffset? TimeOf(SqliteDataReader row, int column) => row.IsDBNull(column) ? null : DateTimeOffset.FromUnixTimeMilliseconds(row.GetInt64(column));

    private static string? TextOf(SqliteDataReader row, int column) => row.IsDBNull(column) ? null : row.GetString(column);

    private static double? RealOf(SqliteDataReader row, int column) => row.IsDBNull(column) ? null : row.GetDouble(column);
}
