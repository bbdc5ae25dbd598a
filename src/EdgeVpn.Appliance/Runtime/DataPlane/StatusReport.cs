using System.Collections.Immutable;
using EdgeVpn.Ipsec.Esp;
using EdgeVpn.Linux;

namespace EdgeVpn.Appliance.Runtime.DataPlane;

/// <summary>Counters and offloads in the words of <see cref="DataPlaneStatus"/>.</summary>
internal static class StatusReport
{
    public static ChildTraffic Of(Child child)
    {
        var (inbound, outbound) = (child.Inbound.Usage, child.Outbound.Usage);
        return new ChildTraffic(
            child.Id, child.Outbound.Provider, inbound.Packets, inbound.Octets, outbound.Packets, outbound.Octets, Refused(inbound, outbound),
            child.Path.Mtu is var mtu && mtu == PeerPath.UnknownMtu ? null : mtu)
        { LostOverRekey = child.Loss?.Packets };
    }

    public static TunnelStatus Of(Tunnel tunnel) => new(tunnel.Name, tunnel.Mtu, tunnel.PacketsIn, tunnel.PacketsOut);

    public static ImmutableDictionary<string, long> Of(ReadOnlySpan<long> drops)
    {
        var named = ImmutableDictionary.CreateBuilder<string, long>();
        for (var i = 0; i < drops.Length; i++)
        {
            if (drops[i] > 0) named[Drops.Names[i]] = drops[i];
        }

        return named.ToImmutable();
    }

    /// <summary>One line for TUNs, one per UDP socket; "none" where nothing was agreed.</summary>
    public static ImmutableArray<string> Offloads(IEnumerable<Tunnel> tunnels, PeerSockets sockets)
    {
        var lines = ImmutableArray.CreateBuilder<string>();
        foreach (var (agreed, joined) in tunnels.Where(tunnel => tunnel.IsOpen).Select(tunnel => (tunnel.Offload, tunnel.Joins)).Distinct())
            lines.Add($"tun: {Words(agreed)}{(agreed == joined ? "" : $", refused on the way in: {Words(agreed & ~joined)}")}");
        if (sockets.Udp4 is { } udp4) lines.Add($"udp4: {Words(udp4)}");
        if (sockets.Udp6 is { } udp6) lines.Add($"udp6: {Words(udp6)}");
        return lines.ToImmutable();
    }

    private static ImmutableDictionary<string, ulong> Refused(SaUsage inbound, SaUsage outbound)
    {
        var named = ImmutableDictionary.CreateBuilder<string, ulong>();
        foreach (var refusal in Enum.GetValues<EspRefusal>())
        {
            var count = inbound.Refused(refusal) + outbound.Refused(refusal);
            if (refusal != EspRefusal.None && count > 0) named[refusal.ToString()] = count;
        }

        return named.ToImmutable();
    }

    private static string Words(TunOffload offload) => Join(
        ((offload & TunOffload.Checksum) != 0, "csum"),
        ((offload & TunOffload.Tso4) != 0, "tso4"),
        ((offload & TunOffload.Tso6) != 0, "tso6"),
        ((offload & (TunOffload.Uso4 | TunOffload.Uso6)) != 0, "uso"));

    private static string Words(UdpSocket socket) => Join((socket.IsSegmenting, "gso"), (socket.IsJoining, "gro"));

    private static string Join(params ReadOnlySpan<(bool Is, string Word)> words)
    {
        var line = new List<string>();
        foreach (var (isThere, word) in words)
        {
            if (isThere) line.Add(word);
        }

        return line.Count == 0 ? "none" : string.Join(' ', line);
    }
}
