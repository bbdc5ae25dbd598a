using System.Globalization;

namespace EdgeVpn.Appliance.Local.Rendering;

/// <summary>Figures as people say them.</summary>
internal static class Human
{
    /// <summary><c>45 s</c>, <c>4 min</c>, <c>3 h 05 min</c>, <c>2 d 03 h</c>.</summary>
    public static string Duration(TimeSpan time)
    {
        if (time < TimeSpan.Zero) time = TimeSpan.Zero;
        if (time.TotalMinutes < 2) return $"{(long)time.TotalSeconds} s";
        if (time.TotalHours < 1) return $"{(long)time.TotalMinutes} min";
        return time.TotalDays < 1 ? $"{time.Hours} h {time.Minutes:00} min" : $"{(long)time.TotalDays} d {time.Hours:00} h";
    }

    /// <summary>At most a century: a daemon that counts wrong must not crash its reader.</summary>
    public static string Duration(double seconds) => Duration(TimeSpan.FromSeconds(double.IsNaN(seconds) ? 0 : Math.Clamp(seconds, 0, 3.2e9)));

    /// <summary><c>980 B</c>, <c>1.2 kB</c>, <c>3.4 GB</c>: powers of 1000, as line rates.</summary>
    public static string Octets(ulong octets)
    {
        ReadOnlySpan<string> units = ["B", "kB", "MB", "GB", "TB", "PB", "EB"];
        double value = octets;
        var unit = 0;
        for (; value >= 1000 && unit < units.Length - 1; unit++) value /= 1000;
        return unit == 0 ? $"{octets} B" : string.Create(CultureInfo.InvariantCulture, $"{value:0.0} {units[unit]}");
    }

    /// <summary><c>2026-03-02 11:58:07 UTC</c>.</summary>
    public static string Moment(DateTimeOffset time) => time.UtcDateTime.ToString("yyyy-MM-dd HH:mm:ss 'UTC'", CultureInfo.InvariantCulture);
}
