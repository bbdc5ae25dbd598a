using System.Net;
using System.Net.Sockets;
using EdgeVpn.Ipsec;
using EdgeVpn.Ipsec.Esp;
using EdgeVpn.Ipsec.Ike;
using Xunit;

namespace EdgeVpn.Appliance.Tests.DataPlane;

public class DataPlaneTests(ITestOutputHelper output)
{
    public static TheoryData<string, bool, bool> Ways => new()
    {
        { "gcm", true, false },
        { "gcm", true, true },
        { "gcm", false, false },
        { "gcm", false, true },
        { "cbc", true, false },
        { "cbc", false, true },
        { "chacha", true, false },
        { "gmac", true, false },
    };

    [Theory]
    [MemberData(nameof(Ways))]
    public void Pings_and_a_TCP_transfer_of_either_family_arrive_whole(string suite, bool udp, bool ipv6Outer)
    {
        using var lab = new TunnelLab();
        lab.Connect(SuiteOf(suite), udp, ipv6Outer);
        Assert.Equal(5, lab.Near.Ping());
        Assert.Equal(5, lab.Far.Ping(ipv6: true));
        foreach (var inner in (string[])["10.2.0.1", "fd02::1"])
        {
            var transfer = TcpTransfer.Run(lab.Near.Space, lab.Far.Space, IPAddress.Parse(inner), octets: 32 << 20);
            Assert.True(transfer.IsIntact);
            output.WriteLine($"{inner}: {transfer.GigabitsPerSecond:F2} Gbit/s");
        }

        var status = lab.Far.Status;
        var child = Assert.Single(status.Children);
        Assert.True(child.OctetsIn > 64 << 20);
        Assert.Empty(child.Refused);
        output.WriteLine($"{child.Provider}; {string.Join("; ", status.Offloads)}; {string.Join(", ", status.Drops)}");
    }

    private static EspSuite SuiteOf(string name) => name switch
    {
        "gcm" => TunnelLab.Gcm,
        "cbc" => TunnelLab.Cbc,
        "gmac" => TunnelLab.Gmac,
        _ => TunnelLab.ChaCha,
    };
}
