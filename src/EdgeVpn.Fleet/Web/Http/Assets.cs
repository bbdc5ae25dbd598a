using System.Reflection;
using System.Security.Cryptography;

namespace EdgeVpn.Fleet.Web.Http;

/// <summary>Style, script and icon: inside the executable, nothing from elsewhere.</summary>
internal static class Assets
{
    private static readonly Dictionary<string, Asset> s_all = new(StringComparer.Ordinal)
    {
        ["/console.css"] = Load("console.css", "text/css; charset=utf-8"),
        ["/console.js"] = Load("console.js", "text/javascript; charset=utf-8"),
        ["/icon.svg"] = Load("icon.svg", "image/svg+xml"),
    };

    public static Asset? Find(string path) => s_all.GetValueOrDefault(path);

    private static Asset Load(string name, string type)
    {
        using var stream = Assembly.GetExecutingAssembly().GetManifestResourceStream($"console/{name}") ?? throw new FileNotFoundException("Not in this executable.", name);
        var octets = new byte[stream.Length];
        stream.ReadExactly(octets);
        return new Asset(type, octets, $"\"{Convert.ToHexStringLower(SHA256.HashData(octets).AsSpan(0, 12))}\"");
    }
}

/// <param name="Tag">Names these very octets (ETag).</param>
internal sealed record Asset(string Type, byte[] Octets, string Tag);
