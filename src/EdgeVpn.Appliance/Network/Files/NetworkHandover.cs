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

    private byte[]? _last;

    /// <summary>As systemd tells it to a service (systemd.exec(5), RuntimeDirectory=).</summary>
    public static NetworkHandover OfThisService => new(Environment.GetEnvironmentVariable("RUNTIME_DIRECTORY") is { Length: > 0 } folder ? folder.Split(':')[0] : null);

    /// <summary>Hands over what this configuration asks for, if that is another than before.</summary>
    /// <returns>Why it could not be; null: it was, or there is nobody to hand it to.</returns>
    public string? Tell(BoxConfig configuration)
    {
        if (folder is null) return null;
        var octets = ConfigurationWriter.WriteForStorage(NetworkFiles.Needed(configuration));
        if (_last is { } last && octets.AsSpan().SequenceEqual(last)) return null;
        try
        {
            AtomicFile.Write(Path.Combine(folder, FileName), octets);
            _last = octets;
            return null;
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException or LinuxException)
        {
            return $"the network's files cannot be asked for: {fault.Message}";
        }
    }
}
