using System.Collections.Immutable;
using EdgeVpn.Ipsec;
using EdgeVpn.Ipsec.Ike;
using Path = EdgeVpn.Ipsec.Path;
namespace EdgeVpn.Appliance.Runtime;
public interface IDataPlane : IDisposable
{
    void OpenTunnel(string interfaceName, int mtu);
    void CloseTunnel(string interfaceName);
    void SetMtu(string interfaceName, int mtu);
    void Install(IkeOutput.InstallChildSa install, string tunnelInterface);
    void Use(ChildSaId child);
    void Remove(ChildSaId child, TimeSpan linger);
    void Move(ImmutableArray<ChildSaId> children, Path path, bool udpEncapsulated);
    void SendIke(Path path, ReadOnlySpan<byte> message);
    void SendKeepalive(Path path);
    bool TryTakeIke(Span<byte> buffer, out int length, out Path path);
    void Poll(Instant now, ICollection<IkeInput> inputs);
    DataPlaneStatus Status();
}
public sealed record DataPlaneStatus(ImmutableArray<ChildTraffic> Children, ImmutableArray<TunnelStatus> Tunnels, ImmutableArray<string> Offloads, ImmutableDictionary<string, long> Drops);
public sealed record ChildTraffic(ChildSaId Child, string Provider, ulong PacketsIn, ulong OctetsIn, ulong PacketsOut, ulong OctetsOut, ImmutableDictionary<string, ulong> Refused);
public sealed record TunnelStatus(string Interface, int Mtu, ulong PacketsIn, ulong PacketsOut);
