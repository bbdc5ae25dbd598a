using EdgeVpn.Fleet.Web.Live;
using EdgeVpn.Fleet.Web.Sign;
using EdgeVpn.Fleet.Web.Store;
using EdgeVpn.Model.Twin;
using Xunit;

namespace EdgeVpn.Fleet.Tests.Web;

public sealed class StoreTests : IDisposable
{
    private readonly string _file = System.IO.Path.Combine(System.IO.Path.GetTempPath(), $"edgefleet-store-{Guid.NewGuid():n}.db");
    private readonly ManualTime _time = new();

    public void Dispose()
    {
        foreach (var suffix in (string[])["", "-wal", "-shm"]) File.Delete(_file + suffix);
    }

    [Fact]
    public void What_a_box_said_is_there_after_a_restart()
    {
        var said = new BoxPicture("box")
        {
            Online = true,
            Session = "s",
            OnlineSince = _time.Now,
            Payload = """{"health":"degraded"}"""u8.ToArray(),
            ReportedAt = _time.Now,
            HeardAt = _time.Now,
            Desired = new DocumentVersion(1, 7),
            CpuPercent = 12.5,
        };
        using (var database = Sqlite.Open(_file)) new BoxStore(database).Save(said);
        using var again = Sqlite.Open(_file);
        var box = Assert.Single(new BoxStore(again).Boxes());
        Assert.Equal(("box", true, "s", _time.Now, new DocumentVersion(1, 7), 12.5), (box.Device, box.Online, box.Session, box.OnlineSince, box.Desired, box.CpuPercent));
        Assert.Equal("degraded", box.Report.Health);
    }

    [Fact]
    public void Only_its_owner_reads_the_file()
    {
        Sqlite.Open(_file).Dispose();
        if (!OperatingSystem.IsWindows()) Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(_file));
    }

    [Fact]
    public void A_file_of_a_newer_version_is_left_alone()
    {
        using (var database = Sqlite.Open(_file)) database.Run("PRAGMA user_version = 99");
        Assert.Contains("layout 99", Assert.Throws<StoreException>(() => Sqlite.Open(_file)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_file_that_is_no_database_is_refused_with_a_sentence()
    {
        File.WriteAllText(_file, new string('x', 5_000));
        Assert.Contains(_file, Assert.Throws<StoreException>(() => Sqlite.Open(_file)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Counters_become_growth_and_begin_anew_with_the_daemon()
    {
        using var database = Sqlite.Open(_file);
        var telemetry = new TelemetryStore(database);
        var begin = _time.Now;
        void Say(double uptime, long octets, double? loss = null, double? rtt = null) => telemetry.Take(
            "box", new TelemetryDocument(_time.Now, uptime, [new ConnectionCounters("hub", octets, 2 * octets, 0, 0, 0) { LossPercent = loss, RoundTripMilliseconds = rtt }]), _time.Now);
        Say(1_000, 50_000); // counted before anybody looked
        _time.Now += TimeSpan.FromMinutes(1);
        Say(1_060, 56_000, loss: 1, rtt: 10);
        _time.Now += TimeSpan.FromMinutes(1);
        Say(30, 500, rtt: 30); // the daemon started half a minute ago
        var points = telemetry.Read("box", "hub", begin, _time.Now + TimeSpan.FromMinutes(1), hours: false);
        Assert.Equal([(6_000L, 60.0), (500L, 30.0)], points.Select(static p => (p.OctetsIn, p.Seconds)));
        Assert.Equal([(1.0, 10.0), (null, 30.0)], points.Select(static p => (p.LossPercent, p.RoundTripMilliseconds)));
        Assert.Equal(6_000 * 2 * 8 / 60.0, points[0].BitsPerSecondOut);
        var hour = Assert.Single(telemetry.Read("box", "hub", begin - TimeSpan.FromHours(1), _time.Now + TimeSpan.FromHours(1), hours: true));
        Assert.Equal((6_500L, 20.0, 30.0, 1.0), (hour.OctetsIn, hour.RoundTripMilliseconds, hour.RoundTripMost, hour.LossPercent));
    }

    [Fact]
    public void Minutes_stay_a_week_and_hours_a_year()
    {
        using var database = Sqlite.Open(_file);
        var telemetry = new TelemetryStore(database);
        var begin = _time.Now;
        for (var day = 0; day <= 400; day += 4)
        {
            _time.Now = begin.AddDays(day);
            telemetry.Take("box", new TelemetryDocument(_time.Now, 1_000 + (day * 60), [new ConnectionCounters("hub", day * 1_000, 0, 0, 0, 0)]), _time.Now);
        }

        telemetry.Forget(_time.Now);
        var (minutes, hours) = (telemetry.Read("box", "hub", begin, _time.Now.AddDays(1), hours: false), telemetry.Read("box", "hub", begin.AddDays(-1), _time.Now.AddDays(1), hours: true));
        Assert.Equal(2, minutes.Count); // today and four days ago
        Assert.InRange(hours.Count, 90, 92);
        Assert.Equal("hub", Assert.Single(telemetry.Connections("box", begin)));
    }

    [Fact]
    public void A_box_with_a_wrong_clock_is_put_where_it_was_heard()
    {
        using var database = Sqlite.Open(_file);
        var telemetry = new TelemetryStore(database);
        foreach (var (uptime, octets) in ((double, long)[])[(100, 0), (160, 1_000)])
            telemetry.Take("box", new TelemetryDocument(DateTimeOffset.UnixEpoch, uptime, [new ConnectionCounters("hub", octets, 0, 0, 0, 0)]), _time.Now);
        Assert.Single(telemetry.Read("box", "hub", _time.Now.AddMinutes(-2), _time.Now.AddMinutes(2), hours: false));
    }

    [Fact]
    public void A_document_keeps_who_sent_it_and_the_last_word_about_it()
    {
        using var database = Sqlite.Open(_file);
        var boxes = new BoxStore(database);
        boxes.Wrote("box", new DocumentVersion(1, 2), "ab", "jo", _time.Now);
        boxes.SawDocument("box", new DocumentVersion(1, 1), "aa", _time.Now.AddHours(-1), _time.Now);
        boxes.SawDocument("box", new DocumentVersion(1, 2), "ab", _time.Now, _time.Now);
        boxes.SaidOfDocument("box", new LooseReport { Version = new(1, 2), State = "reverted", Reason = new ReportedReason(53, "reverted") }, _time.Now);
        _time.Now += TimeSpan.FromMinutes(5);
        boxes.SaidOfDocument("box", new LooseReport { Version = new(1, 2), State = "reverted" }, _time.Now);
        var documents = boxes.Documents("box", 10);
        Assert.Equal([("1.2", "jo", "reverted"), ("1.1", null, null)], documents.Select(static d => (d.Version.ToString(), d.Author, d.State)));
        Assert.Equal((_time.Now.AddMinutes(-5), "53 reverted"), (documents[0].StateAt, documents[0].Reason));
    }

    [Fact]
    public void Documents_and_events_of_a_box_that_says_too_much_are_bounded()
    {
        using var database = Sqlite.Open(_file);
        var boxes = new BoxStore(database);
        database.Together(() =>
        {
            for (var i = 1; i <= BoxStore.MostDocuments + 50; i++) boxes.SawDocument("box", new DocumentVersion(1, i), null, null, _time.Now);
            for (var i = 1; i <= BoxStore.MostEvents + 50; i++) boxes.Happened("box", new EventDocument("s", i, _time.Now, "connection", "up"), _time.Now);
            boxes.Happened("box", new EventDocument("s", 1, _time.Now, "connection", "up"), _time.Now); // delivered twice
        });
        boxes.Forget(_time.Now);
        Assert.Equal((BoxStore.MostDocuments, BoxStore.MostEvents), (boxes.Documents("box", 10_000).Count, boxes.Events("box", 10_000).Count));
        Assert.Equal(BoxStore.MostDocuments + 50, boxes.Documents("box", 1)[0].Version.Revision);
        boxes.Forget(_time.Now + BoxStore.EventsFor + TimeSpan.FromDays(1));
        Assert.Empty(boxes.Events(null, 10));
    }

    [Fact]
    public void The_audit_log_is_not_changed_and_shows_it_if_it_was()
    {
        using var database = Sqlite.Open(_file);
        var log = new AuditLog(database, _time);
        for (var i = 0; i < 2_500; i++) log.Add("jo", "192.0.2.1", "order", "box", $"why {i}");
        Assert.Null(log.FirstBroken());
        Assert.ThrowsAny<Exception>(() => database.Run("UPDATE audit SET who = 'sam' WHERE id = 3"));
        Assert.ThrowsAny<Exception>(() => database.Run("DELETE FROM audit WHERE id = 3"));
        Assert.Null(log.FirstBroken());

        database.Run("DROP TRIGGER audit_is_not_changed");
        database.Run("UPDATE audit SET who = 'sam' WHERE id = 1500");
        Assert.Equal(1_500, log.FirstBroken());
        database.Run("UPDATE audit SET who = 'jo' WHERE id = 1500");
        Assert.Null(log.FirstBroken());
        database.Run("DROP TRIGGER audit_is_not_shortened");
        database.Run("DELETE FROM audit WHERE id = 1700");
        Assert.Equal(1_700, log.FirstBroken());
    }

    [Fact]
    public void A_second_process_makes_accounts_while_the_first_one_runs()
    {
        using var console = Sqlite.Open(_file);
        using var terminal = Sqlite.Open(_file);
        Assert.True(new AccountStore(terminal, _time).Add("jo", Role.Admin, "x"));
        Assert.Equal(Role.Admin, new AccountStore(console, _time).Find("jo")!.Role);
        Assert.False(new AccountStore(console, _time).AddFirst("eve", "x"));
    }
}
