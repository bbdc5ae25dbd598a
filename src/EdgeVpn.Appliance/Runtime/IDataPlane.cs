using System.Collections.Immutable;
using System.Net;
using EdgeVpn.Appliance.Runtime.DataPlane;
using EdgeVpn.Ipsec;
using EdgeVpn.Ipsec.Ike;
using Path = EdgeVpn.Ipsec.Path;

namespace EdgeVpn.Appliance.Runtime;

/// <summary>Moves packets between TUN interfaces and peers, as the IKE engine's outputs say.</summary>
/// <remarks>The thread that runs IKE is the only caller. Packets are moved by threads of the data plane's own; nothing here waits for them longer than
/// for one batch.</remarks>
public interface IDataPlane : IDisposable
{
    /// <summary>Makes (or takes) a TUN interface, brings it up, and starts its transmitters. Idempotent by name; revives one that was taken away.</summary>
    /// <param name="interfaceName">At most 15 octets.</param>
    /// <param name="mtu">Octets of the longest inner packet.</param>
    void OpenTunnel(string interfaceName, int mtu);

    /// <summary>Removes the interface. Child SAs that use it stay installed, and drop what they open.</summary>
    void CloseTunnel(string interfaceName);

    void SetMtu(string interfaceName, int mtu);

    /// <summary>By interface, where all that leaves by it goes to one peer: the longest inner packet that fits the way there, as the kernel knows it.</summary>
    IReadOnlyDictionary<string, int> FittingMtus();

    /// <summary>The interface has these addresses and no others, each alone in its network. Nothing if it is not open.</summary>
    void SetAddresses(string interfaceName, ImmutableArray<IPAddress> addresses);

    /// <summary>What a connection may carry from now on. Connections given the same object share it, and it may be changed at any time.</summary>
    /// <param name="connection">As the engine's outputs name it.</param>
    void LimitRate(string connection, ConnectionRate rate);

    /// <summary>Installs both directions: inbound from now on, outbound at once if the output says so, else with <see cref="Use"/>.</summary>
    /// <param name="install">The engine's output; its secrets are disposed here.</param>
    /// <param name="tunnelInterface">The opened TUN that inner packets of this child come from and go to.</param>
    void Install(IkeOutput.InstallChildSa install, string tunnelInterface);

    /// <summary>Outbound from now on: takes the place of the child it replaces, and of whatever it covers on that tunnel.</summary>
    void Use(ChildSaId child);

    /// <summary>Outbound ends at once, inbound after <paramref name="linger"/>.</summary>
    /// <remarks>Packets then take another child of that tunnel which is installed, used and fits them, if there is one.</remarks>
    void Remove(ChildSaId child, TimeSpan linger);

    /// <summary>The peer's address, port or encapsulation changed.</summary>
    void Move(ImmutableArray<ChildSaId> children, Path path, bool udpEncapsulated);

    /// <summary>Sends an IKE message from port 4500, behind the non-ESP marker (RFC 3948 §2.2).</summary>
    void SendIke(Path path, ReadOnlySpan<byte> message);

    /// <summary>Sends the one octet that keeps a NAT's mapping (RFC 3948 §2.3).</summary>
    void SendKeepalive(Path path);

    /// <summary>Takes an IKE message that came to port 4500, its marker stripped. The queue is bounded; the wake-up told of it.</summary>
    /// <returns>False if there is none. One longer than <paramref name="buffer"/> is dropped and counted.</returns>
    bool TryTakeIke(Span<byte> buffer, out int length, out Path path);

    /// <summary>Adds what the engine must know (PeerHeard, PeerMoved, ChildSaNearsLimit, ChildSaExhausted) and ends what lingered long enough.
    /// About once a second.</summary>
    void Poll(Instant now, ICollection<IkeInput> inputs);

    DataPlaneStatus Status();
}

/// <summary>What the data plane has done so far.</summary>
/// <param name="Children">Installed SA pairs, the oldest first.</param>
/// <param name="Tunnels">Opened TUN interfaces.</param>
/// <param name="Offloads">What the kernel agreed to, such as "tun: tso4 tso6 uso" and "udp: gso gro".</param>
/// <param name="Drops">Packets lost, by named cause; causes that never happened are left out. What a child SA refused is with that child.</param>
public sealed record DataPlaneStatus(
    ImmutableArray<ChildTraffic> Children, ImmutableArray<TunnelStatus> Tunnels, ImmutableArray<string> Offloads, ImmutableDictionary<string, long> Drops);

/// <summary>One SA pair.</summary>
/// <param name="Child">Its name.</param>
/// <param name="Provider">Who does the cryptography.</param>
/// <param name="PacketsIn">Inner packets delivered.</param>
/// <param name="OctetsIn">Octets of those.</param>
/// <param name="PacketsOut">Inner packets sealed.</param>
/// <param name="OctetsOut">Octets of those.</param>
/// <param name="Refused">Both directions together, by the name of the refusal; zeros are left out.</param>
/// <param name="PathMtu">What the kernel believes of the way to the peer, octets of outer packet; null: unknown.</param>
public sealed record ChildTraffic(
    ChildSaId Child, string Provider, ulong PacketsIn, ulong OctetsIn, ulong PacketsOut, ulong OctetsOut, ImmutableDictionary<string, ulong> Refused,
    int? PathMtu = null)
{
    /// <summary>Packets of the peer that were lost while this took another's place (<see cref="RekeyLoss"/>); null if it took none's, or the other still receives.</summary>
    public ulong? LostOverRekey { get; init; }
}

/// <summary>One TUN interface. Packets as the wire sees them: a super-packet counts as what it is cut into.</summary>
/// <param name="PacketsIn">Written to the interface: from peers.</param>
/// <param name="PacketsOut">Read from the interface: towards peers.</param>
public sealed record TunnelStatus(string Interface, int Mtu, ulong PacketsIn, ulong PacketsOut);
