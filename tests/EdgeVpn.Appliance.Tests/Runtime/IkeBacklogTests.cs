using System.Collections.Immutable;
using System.Net;
using EdgeVpn.Appliance.Runtime;
using EdgeVpn.Appliance.Runtime.DataPlane;
using EdgeVpn.Ipsec;
using EdgeVpn.Ipsec.Ike;
using Xunit;
using Path = EdgeVpn.Ipsec.Path;

namespace EdgeVpn.Appliance.Tests.Runtime;

public class IkeBacklogTests
{
    private readonly byte[] _buffer = new byte[64];

    [Fact]
    public void A_flood_gets_its_bounded_share_of_a_turn_and_the_rest_comes_in_the_next()
    {
        using var flood = new Messages(int.MaxValue);
        var received = 0;
        Assert.True(IkeBacklog.Take(flood, _buffer, (_, _) => received++));
        Assert.Equal(IkeBacklog.MaxPerTurn, received);
        Assert.True(IkeBacklog.Take(flood, _buffer, (_, _) => received++));
        Assert.Equal(2 * IkeBacklog.MaxPerTurn, received);
    }

    [Fact]
    public void What_fits_a_turn_is_taken_whole_and_in_order()
    {
        using var few = new Messages(3);
        var received = new List<byte>();
        Assert.False(IkeBacklog.Take(few, _buffer, (message, _) => received.Add(Assert.Single(message.ToArray()))));
        Assert.Equal([1, 2, 3], received);
    }

    /// <summary>A data plane that has nothing but messages, numbered from one.</summary>
    private sealed class Messages(int count) : IDataPlane
    {
        private int _taken;

        public bool TryTakeIke(Span<byte> buffer, out int length, out Path path)
        {
            (length, path) = (1, default);
            if (_taken == count) return false;
            buffer[0] = (byte)++_taken;
            return true;
        }

        public void OpenTunnel(string interfaceName, int mtu) => throw new NotSupportedException();

        public void SetAddresses(string interfaceName, ImmutableArray<IPAddress> addresses) => throw new NotSupportedException();

        public void CloseTunnel(string interfaceName) => throw new NotSupportedException();

        public IReadOnlyDictionary<string, int> FittingMtus() => throw new NotSupportedException();

        public void SetMtu(string interfaceName, int mtu) => throw new NotSupportedException();

        public void LimitRate(string connection, ConnectionRate rate) => throw new NotSupportedException();

        public void Install(IkeOutput.InstallChildSa install, string tunnelInterface) => throw new NotSupportedException();

        public void Use(ChildSaId child) => throw new NotSupportedException();

        public void Remove(ChildSaId child, TimeSpan linger) => throw new NotSupportedException();

        public void Move(ImmutableArray<ChildSaId> children, Path path, bool udpEncapsulated) => throw new NotSupportedException();

        public void SendIke(Path path, ReadOnlySpan<byte> message) => throw new NotSupportedException();

        public void SendKeepalive(Path path) => throw new NotSupportedException();

        public void Poll(Instant now, ICollection<IkeInput> inputs) => throw new NotSupportedException();

        public DataPlaneStatus Status() => throw new NotSupportedException();

        public void Dispose()
        {
        }
    }
}
