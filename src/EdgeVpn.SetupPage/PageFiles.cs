using System.Reflection;

namespace EdgeVpn.SetupPage;

/// <summary>The page itself: four files inside the executable, nothing from elsewhere.</summary>
internal static class PageFiles
{
    private static readonly Dictionary<string, PageFile> s_all = new(StringComparer.Ordinal)
    {
        ["/"] = Load("index.html", "text/html; charset=utf-8"),
        ["/style.css"] = Load("style.css", "text/css; charset=utf-8"),
        ["/page.js"] = Load("page.js", "text/javascript; charset=utf-8"),
        ["/icon.svg"] = Load("icon.svg", "image/svg+xml"),
    };

    public static PageFile? Find(string? path) => path is not null && s_all.TryGetValue(path, out var file) ? file : null;

    private static PageFile Load(string name, string type)
    {
        using var stream = Assembly.GetExecutingAssembly().GetManifestResourceStream($"page/{name}") ?? throw new FileNotFoundException("Not in this executable.", name);
        var octets = new byte[stream.Length];
        stream.ReadExactly(octets);
        return new PageFile(type, octets);
    }
}

internal sealed record PageFile(string Type, byte[] Octets)
{
    public const string Json = "application/json; charset=utf-8";
}
