using EdgeVpn.Ipsec.Esp;
using EdgeVpn.Linux;

namespace EdgeVpn.Appliance.Runtime.DataPlane;

/// <summary>Where authenticated packets last came from. Made anew only when that changes.</summary>
internal sealed record SeenSource(Sockaddr Remote, Sockaddr Local);

/// <summary>An opener as <see cref="SaTable"/> holds it, with what the receivers must know besides.</summary>
/// <remarks>
/// As a rule one receiver opens an SA: its packets come over one encapsulation and one address family. A peer may change both at any time
/// (RFC 7296 §2.23), and then two receivers may meet here for a moment; the opener's gate keeps the replay window whole.
/// </remarks>
internal sealed class InboundSa(IEspInbound opener, Tunnel tunnel) : IEspInbound
{
    private SeenSource? _source;

    public IEspInbound Opener { get; } = opener;

    public Tunnel Tunnel { get; } = tunnel;

    /// <summary>Set once, before the SA is published.</summary>
    public Child? Pair { get; set; }

    public uint Spi => Opener.Spi;

    public EspSuite Suite => Opener.Suite;

    public string Provider => Opener.Provider;

    public SaUsage Usage => Opener.Usage;

    public LifetimeLimits Limits => Opener.Limits;

    public ulong LastSequence => Opener.LastSequence;

    /// <summary>The source of the newest authenticated UDP datagram; null before the first.</summary>
    public SeenSource? Source => Volatile.Read(ref _source);

    public EspRefusal Open(Span<byte> packet, out int innerOffset, out int innerOctets) => Opener.Open(packet, out innerOffset, out innerOctets);

    public int OpenRun(Span<byte> buffer, Span<EspSlot> slots) => Opener.OpenRun(buffer, slots);

    /// <summary>Records a source. Only for packets that verified and are newer than all before: an old one says nothing of where the peer is now.</summary>
    public void SawFrom(in Sockaddr remote, in Sockaddr local)
    {
        var source = _source;
        if (source is null || source.Remote != remote) Volatile.Write(ref _source, new SeenSource(remote, local));
    }

    public void Dispose() => Opener.Dispose();
}
