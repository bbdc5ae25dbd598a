using System.Globalization;
using EdgeVpn.Fleet.Web.Http;
using EdgeVpn.Fleet.Web.Live;
using EdgeVpn.Fleet.Web.Sign;

namespace EdgeVpn.Fleet.Web.Pages;

/// <summary>Numbers, times and conditions as people say them.</summary>
internal static class Words
{
    public static string Of(Role role) => role switch { Role.Viewer => "viewer", Role.Operator => "operator", _ => "admin" };

    public static string Of(Condition condition) => condition switch
    {
        Condition.Down => "down",
        Condition.Offline => "offline",
        Condition.Degraded => "degraded",
        Condition.Busy => "busy",
        Condition.Unseen => "never seen",
        _ => "healthy",
    };

    public static string Count(long number, string one, string many) => $"{number.ToString(CultureInfo.InvariantCulture)} {(number == 1 ? one : many)}";

    /// <summary>"3 min ago", with the exact time for whoever asks; the page keeps it going.</summary>
    public static Html Ago(DateTimeOffset? time, DateTimeOffset now) => time is not { } at
        ? Html.Of($"<span class=\"quiet\">never</span>")
        : Html.Of($"<time class=\"ago\" datetime=\"{Iso(at)}\" title=\"{at.UtcDateTime.ToString("yyyy-MM-dd HH:mm:ss", CultureInfo.InvariantCulture)} UTC\">{Span(now - at)} ago</time>");

    /// <summary>A moment; the page shows it in the reader's own time zone.</summary>
    public static Html At(DateTimeOffset time) =>
        Html.Of($"<time class=\"at\" datetime=\"{Iso(time)}\">{time.UtcDateTime.ToString("yyyy-MM-dd HH:mm", CultureInfo.InvariantCulture)} UTC</time>");

    public static string Span(TimeSpan span) => span switch
    {
        { TotalSeconds: < 1 } => "0 s",
        { TotalMinutes: < 1 } => $"{(int)span.TotalSeconds} s",
        { TotalHours: < 1 } => $"{(int)span.TotalMinutes} min",
        { TotalDays: < 2 } => $"{(int)span.TotalHours} h",
        _ => $"{(int)span.TotalDays} days",
    };

    public static string Bits(double perSecond) => perSecond switch
    {
        >= 1e9 => $"{Short(perSecond / 1e9)} Gbit/s",
        >= 1e6 => $"{Short(perSecond / 1e6)} Mbit/s",
        >= 1e3 => $"{Short(perSecond / 1e3)} kbit/s",
        _ => $"{Short(perSecond)} bit/s",
    };

    public static string Octets(double octets) => octets switch
    {
        >= 1e12 => $"{Short(octets / 1e12)} TB",
        >= 1e9 => $"{Short(octets / 1e9)} GB",
        >= 1e6 => $"{Short(octets / 1e6)} MB",
        >= 1e3 => $"{Short(octets / 1e3)} kB",
        _ => $"{Short(octets)} B",
    };

    /// <summary>Three digits that matter.</summary>
    public static string Short(double number) => number.ToString(number switch { 0 => "0", < 10 => "0.##", < 100 => "0.#", _ => "0" }, CultureInfo.InvariantCulture);

    private static string Iso(DateTimeOffset time) => time.UtcDateTime.ToString("yyyy-MM-ddTHH:mm:ssZ", CultureInfo.InvariantCulture);
}
