using System.Collections.Immutable;
using System.Text.Json;
using EdgeVpn.Appliance.Local;
using EdgeVpn.Linux;
using EdgeVpn.Model.Configuration;

namespace EdgeVpn.Appliance.Network.Files;

/// <summary>Where the daemon, which may write nothing outside its own folders, leaves what a helper with more rights makes other daemons' files from.</summary>
/// <remarks>
/// Not the files but the configuration goes over: the helper reads and validates it as any other and makes the files itself, so that whoever took the
/// daemon over could ask for another address, but not for a script of pppd's. The folder is the unit's RuntimeDirectory; without one nothing is handed over.
/// </remarks>
/// <param name="folder">Null: the machine's network daemons are none of our business.</param>
internal sealed class NetworkHandover(string? folder)
{
    public const string FileName = "network.json";

    /// <summary>Beside it: what tunnels brought.</summary>
    public const string NamesFileName = "names.json";

    private byte[]? _last;
    private byte[]? _lastNames;

    /// <summary>Whether there is a helper to hand anything to.</summary>
    public bool IsThere => folder is not null;

    /// <summary>As systemd tells it to a service (systemd.exec(5), RuntimeDirectory=).</summary>
    public static NetworkHandover OfThisService => new(Environment.GetEnvironmentVariable("RUNTIME_DIRECTORY") is { Length: > 0 } folder ? folder.Split(':')[0] : null);

    /// <summary>Hands over what this configuration asks for, if that is another than before.</summary>
    /// <returns>Why it could not be; null: it was, or there is nobody to hand it to.</returns>
    public string? Tell(BoxConfig configuration) => Write(FileName, ConfigurationWriter.WriteForStorage(NetworkFiles.Needed(configuration)), ref _last);

    /// <summary>Hands over what tunnels brought, if that is another than before.</summary>
    /// <returns>As for the configuration.</returns>
    public string? Tell(ImmutableArray<TunnelNames> names) =>
        names.IsEmpty && _lastNames is null ? null : Write(NamesFileName, JsonSerializer.SerializeToUtf8Bytes(names, LocalJson.Lines.ImmutableArrayTunnelNames), ref _lastNames);

    /// <summary>What was handed over beside the configuration; nothing where there is none, or it cannot be read.</summary>
    public static ImmutableArray<TunnelNames> NamesBeside(string configuration)
    {
        var path = Path.Combine(Path.GetDirectoryName(configuration) ?? "", NamesFileName);
        try
        {
            return !File.Exists(path) || new FileInfo(path).Length > MaxNamesOctets ? [] : JsonSerializer.Deserialize(File.ReadAllBytes(path), LocalJson.Lines.ImmutableArrayTunnelNames);
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException or JsonException)
        {
            return []; // the files are made without
        }
    }

    private const int MaxNamesOctets = 1 << 20;

    private string? Write(string name, byte[] octets, ref byte[]? before)
    {
        if (folder is null || (before is { } last && octets.AsSpan().SequenceEqual(last))) return null;
        try
        {
            AtomicFile.Write(Path.Combine(folder, name), octets);
            before = octets;
            return null;
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException or LinuxException)
        {
            return $"the network's files cannot be asked for: {fault.Message}";
        }
    }
}
