using System.Collections.Immutable;
using System.ComponentModel;

namespace EdgeVpn.Model.Configuration;

/// <summary>The IKE SA of a connection. The defaults are those of an Azure gateway.</summary>
public sealed record IkeConfig
{
    [Description("Proposals in keywords, best first, such as aes256gcm16-prfsha384-ecp384. Empty: a list that meets Azure's defaults and better peers.")]
    public ImmutableArray<string> Proposals { get; init; } = [];

    [Description("Age at which the IKE SA is replaced, as [d.]hh:mm:ss. Azure's is 8 hours, fixed.")]
    public TimeSpan Lifetime { get; init; } = TimeSpan.FromSeconds(28_800);

    [Description("Age at which both ends prove who they are again, as [d.]hh:mm:ss; 00:00:00: never, new keys alone. As the caller, on an IKE SA beside the old one, without interruption; as the one called, the peer is told (RFC 4478), and the tunnel ends if it does nothing.")]
    public TimeSpan AuthenticationLifetime { get; init; }

    [Description("When a peer calls again while it is connected: replace: the newer tunnel stays; keep: who is connected stays while it answers, and the same identity from another address is refused; never: all stay, and as the caller we ask for none to be closed (INITIAL_CONTACT): for an identity that many share. Nobody is asked before it proved who it is.")]
    public Unique Unique { get; init; } = Unique.Replace;

    [Description("As the caller, offer to keep the tunnel when our own address changes (MOBIKE, RFC 4555); IKE then leaves port 500 at once. As the one called, always possible. Azure does not know it.")]
    public bool Mobike { get; init; }

    [Description("As the caller, make the IKE SA without a child if the peer can (RFC 6023): the first child then has a key exchange of its own. As the one called, always possible.")]
    public bool Childless { get; init; }
}

/// <summary>Whether one identity has one tunnel.</summary>
public enum Unique
{
    Replace,
    Keep,
    Never,
}

/// <summary>The ESP (child) SAs of a connection. The defaults are those of an Azure gateway.</summary>
public sealed record EspConfig
{
    [Description("Proposals in keywords, best first, such as aes256gcm16 or aes256-sha256-modp2048 (with PFS). Empty: a list that meets Azure's defaults and better peers.")]
    public ImmutableArray<string> Proposals { get; init; } = [];

    [Description("Age at which a child SA is replaced, as [d.]hh:mm:ss. Azure's default is 27,000 seconds.")]
    public TimeSpan Lifetime { get; init; } = TimeSpan.FromSeconds(27_000);

    [Description("Kilobytes after which a child SA is replaced; 0: no such limit. Azure's default is 102,400,000.")]
    public long LifetimeKilobytes { get; init; } = 102_400_000;

    [Description("Packets that may arrive out of order before they count as replayed: 64 to 4096; 0: not checked.")]
    public int ReplayWindow { get; init; } = 1024;

    [Description("auto: UDP encapsulation where a NAT is found, else IP protocol 50; udp: always in UDP, for speed (the kernel cuts and joins UDP for us) and for firewalls that drop protocol 50.")]
    public EspEncapsulation Encapsulation { get; init; } = EspEncapsulation.Auto;
}

/// <summary>How ESP packets travel (RFC 3948).</summary>
public enum EspEncapsulation
{
    Auto,
    Udp,
}
