using EdgeVpn.Ipsec;
using EdgeVpn.Ipsec.Esp;
using EdgeVpn.Ipsec.Ike;

namespace EdgeVpn.Appliance.Runtime.DataPlane;

/// <summary>One installed SA pair. Workers read what is immutable, and the path; all else belongs to the IKE thread.</summary>
internal sealed class Child : IDisposable
{
    private readonly int _fixedOctets;
    private readonly int _blockMask;
    private volatile PeerPath _path;

    private volatile ConnectionRate _rate;

    public Child(
        IkeOutput.InstallChildSa install, Tunnel tunnel, EspSelectors selectors, InboundSa inbound, IEspOutbound outbound, LifetimeLimits limits, ConnectionRate rate, PeerShare share)
    {
        Id = install.Child;
        Connection = install.Connection;
        _rate = rate;
        Share = share;
        Replaces = install.Replaces;
        Tunnel = tunnel;
        Selectors = selectors;
        Inbound = inbound;
        Outbound = outbound;
        Limits = limits;
        _path = new PeerPath(install.Path, install.UdpEncapsulated);
        var suite = outbound.Suite;
        _fixedOctets = suite.BodyOffset + suite.IcvOctets;
        _blockMask = suite.BlockOctets - 1;
        MayFragment = selectors.Local.All(HasEveryPort) && selectors.Remote.All(HasEveryPort);
        inbound.Pair = this;
    }

    public ChildSaId Id { get; }

    public string Connection { get; }

    public ChildSaId? Replaces { get; }

    public Tunnel Tunnel { get; }

    public EspSelectors Selectors { get; }

    public InboundSa Inbound { get; }

    public IEspOutbound Outbound { get; }

    /// <summary>The connection's limits; each direction has those of its algorithms besides.</summary>
    public LifetimeLimits Limits { get; }

    /// <summary>What its connection may carry.</summary>
    public ConnectionRate Rate
    {
        get => _rate;
        set => _rate = value;
    }

    /// <summary>What it gets of a queue that overflows.</summary>
    public PeerShare Share { get; }

    /// <summary>Where its packets go. Load once per packet: it is swapped whole.</summary>
    public PeerPath Path
    {
        get => _path;
        set => _path = value;
    }

    /// <summary>Whether later fragments, which have no ports, still fit the selectors (RFC 4301 §7).</summary>
    public bool MayFragment { get; }

    /// <summary>Counts up with every Use; zero: not in use.</summary>
    public long UsedSince { get; set; }

    public bool IsRemoved { get; set; }

    public bool IsExhausted { get; set; }

    public bool CarriesOutbound => UsedSince > 0 && !IsRemoved && !IsExhausted;

    /// <summary>How long inbound outlives removal, until <see cref="LingersUntil"/> is known.</summary>
    public TimeSpan Linger { get; set; }

    public Instant? LingersUntil { get; set; }

    /// <summary>What it cost to put this in another's place; null where it was put in none's.</summary>
    public RekeyLoss? Loss { get; set; }

    /// <summary>What was told to the engine.</summary>
    public ChildReports Reports { get; } = new();

    /// <summary>Octets of ESP packet that so many inner octets become.</summary>
    public int SealedOctets(int innerOctets) => _fixedOctets + ((innerOctets + EspSuite.TrailerOctets + _blockMask) & ~_blockMask);

    /// <summary>The longest inner packet that fits <paramref name="path"/>.</summary>
    public int MaxInnerOctets(PeerPath path)
    {
        var mtu = path.Mtu;
        return mtu == PeerPath.UnknownMtu ? int.MaxValue : Outbound.Suite.MaxInnerOctets(mtu, path.IsIPv6, path.IsUdp);
    }

    public void Dispose()
    {
        Inbound.Dispose();
        Outbound.Dispose();
    }

    private static bool HasEveryPort(Ipsec.Wire.Payloads.TrafficSelector selector) => selector is { StartPort: 0, EndPort: ushort.MaxValue };
}
