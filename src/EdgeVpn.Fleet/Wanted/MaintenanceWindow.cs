using System.Globalization;
using EdgeVpn.Fleet.Keys;

namespace EdgeVpn.Fleet.Wanted;

/// <summary>Hours in which a box may be sent something, by the clock on the wall of its site.</summary>
/// <remarks>From its first minute to before its last. One that ends earlier than it begins goes past midnight, and belongs to the day on which it began.
/// Judged by the wall's clock at the moment: an hour that a change of clocks leaves out opens nothing, one that comes twice is open twice.</remarks>
public sealed class MaintenanceWindow
{
    private readonly TimeZoneInfo _zone;
    private readonly IReadOnlyCollection<DayOfWeek> _days;
    private readonly TimeOnly _from;
    private readonly TimeOnly _to;

    private MaintenanceWindow(TimeZoneInfo zone, IReadOnlyCollection<DayOfWeek> days, TimeOnly from, TimeOnly to) => (_zone, _days, _from, _to) = (zone, days, from, to);

    private bool PassesMidnight => _to <= _from;

    /// <exception cref="FleetFolderException">What is wrong with it, with <paramref name="where"/> before it.</exception>
    public static MaintenanceWindow Of(WindowFile file, string where)
    {
        if (!TimeZoneInfo.TryFindSystemTimeZoneById(file.TimeZone, out var zone))
            throw new FleetFolderException($"{where}.timeZone: '{file.TimeZone}' is no time zone of this machine; zones are named like Europe/Paris (Debian's package tzdata).");
        var from = Time(file.From, where + ".from");
        var to = Time(file.To, where + ".to");
        if (from == to) throw new FleetFolderException($"{where}: it ends when it begins; leave the windows out where every hour will do.");
        if (file.Days is { Count: 0 }) throw new FleetFolderException($"{where}.days: is empty; leave it out where every day will do.");
        var days = file.Days?.Select((d, i) => Day(d, $"{where}.days[{i}]")).ToHashSet();
        return new MaintenanceWindow(zone, days ?? [.. Enum.GetValues<DayOfWeek>()], from, to);
    }

    public bool IsOpen(DateTimeOffset now)
    {
        var wall = TimeZoneInfo.ConvertTime(now, _zone);
        var time = TimeOnly.FromTimeSpan(wall.TimeOfDay);
        if (!PassesMidnight) return _days.Contains(wall.DayOfWeek) && time >= _from && time < _to;
        return (_days.Contains(wall.DayOfWeek) && time >= _from) || (_days.Contains(wall.AddDays(-1).DayOfWeek) && time < _to);
    }

    /// <summary>When it opens next; <paramref name="now"/> if it is open.</summary>
    public DateTimeOffset OpensAt(DateTimeOffset now)
    {
        if (IsOpen(now)) return now;
        var today = DateOnly.FromDateTime(TimeZoneInfo.ConvertTime(now, _zone).DateTime);
        for (var i = 0; ; i++)
        {
            var wall = today.AddDays(i).ToDateTime(_from);
            if (!_days.Contains(wall.DayOfWeek)) continue;
            // Clocks go forward over its first minute: it opens with the first that there is, if that is still within it.
            while (_zone.IsInvalidTime(wall)) wall = wall.AddMinutes(1);
            var opens = new DateTimeOffset(wall, _zone.GetUtcOffset(wall));
            if (opens > now && IsOpen(opens)) return opens;
        }
    }

    public override string ToString() =>
        string.Create(CultureInfo.InvariantCulture, $"{(_days.Count == 7 ? "every day" : string.Join(", ", _days.Order().Select(static d => d.ToString()[..3])))} {_from:HH\\:mm}–{_to:HH\\:mm} {_zone.Id}");

    private static TimeOnly Time(string text, string where) => TimeOnly.TryParseExact(text, "HH:mm", CultureInfo.InvariantCulture, DateTimeStyles.None, out var time)
        ? time
        : throw new FleetFolderException($"{where}: '{text}' is no time of day; it is hh:mm, from 00:00 to 23:59.");

    private static DayOfWeek Day(string text, string where)
    {
        foreach (var day in Enum.GetValues<DayOfWeek>())
            if (day.ToString().StartsWith(text, StringComparison.OrdinalIgnoreCase) && text.Length == 3) return day;
        throw new FleetFolderException($"{where}: '{text}' is no day; days are mon, tue, wed, thu, fri, sat, sun.");
    }
}

/// <summary>A window as it stands in <c>groups/NAME.json</c>.</summary>
/// <param name="TimeZone">IANA's name: Europe/Paris.</param>
/// <param name="From">hh:mm.</param>
/// <param name="To">hh:mm; earlier than <paramref name="From"/>: of the next day.</param>
public sealed record WindowFile(string TimeZone, string From, string To)
{
    /// <summary>mon, tue, …; null: every day.</summary>
    public IReadOnlyList<string>? Days { get; init; }
}
