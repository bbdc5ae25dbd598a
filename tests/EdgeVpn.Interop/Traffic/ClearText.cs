using System.Net;
using System.Text;
using EdgeVpn.Interop.Net;

namespace EdgeVpn.Interop.Traffic;

/// <summary>Looks in a capture of a WAN link for what should have been inside ESP.</summary>
public static class ClearText
{
    private static readonly IPNetwork[] Protected = [.. LabAddresses.Protected.Select(IPNetwork.Parse)];
    private static readonly byte[] Mark = Encoding.ASCII.GetBytes(Ping.Mark);

    /// <summary>Packets from or to a protected network, or that carry our probes' mark under any address (as NAT would make them).</summary>
    public static IReadOnlyList<CapturedPacket> Find(IEnumerable<CapturedPacket> packets) =>
        [.. packets.Where(packet => IsProtected(packet.Source) || IsProtected(packet.Destination) || packet.Octets.AsSpan().IndexOf(Mark) >= 0)];

    private static bool IsProtected(IPAddress address) => Protected.Any(network => network.Contains(address));
}
