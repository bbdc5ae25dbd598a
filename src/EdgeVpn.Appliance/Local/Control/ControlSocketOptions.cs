using EdgeVpn.Linux;

namespace EdgeVpn.Appliance.Local;

/// <summary>Bounds of the control socket. The defaults are the product's; tests make them small.</summary>
public sealed record ControlSocketOptions
{
    public string Path { get; init; } = ControlPath.Standard;

    public UnixFileMode Mode { get; init; } = AtomicFile.Private | UnixFileMode.GroupRead | UnixFileMode.GroupWrite;

    /// <summary>Who may ask, by what the kernel says of the other end.</summary>
    public Func<PeerCredentials, bool> Admits { get; init; } = IsRootOrSelf;

    /// <summary>Octets of a request's line.</summary>
    public int MaxRequestOctets { get; init; } = 64 * 1024;

    /// <summary>Clients at once, watchers included; the next one is told that we are busy.</summary>
    public int MaxClients { get; init; } = 128;

    /// <summary>How long a client may take to say what it wants.</summary>
    public TimeSpan RequestTime { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>How long the handler may take.</summary>
    public TimeSpan AnswerTime { get; init; } = TimeSpan.FromMinutes(2);

    /// <summary>How long a client may take to accept 64 KiB.</summary>
    public TimeSpan WriteTime { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>Told of what the handler threw; the client learns that the daemon is at fault.</summary>
    public Action<Exception> Fault { get; init; } = static _ => { };

    /// <summary>True for root and for the user we run as.</summary>
    public static bool IsRootOrSelf(PeerCredentials peer) => peer.UserId == 0 || peer.UserId == ProcessIdentity.UserId;
}
