using System.Net;
using EdgeVpn.Linux.Netlink;
using Xunit;

namespace EdgeVpn.Linux.Tests;

/// <summary>Two anonymous network namespaces joined by a veth cable: 192.0.2.1 and 2001:db8::1 here, .2 and ::2 there. Nothing of it has a name outside.</summary>
internal sealed class Laboratory : IDisposable
{
    public Laboratory()
    {
        SkipUnlessRoot();
        Near = NetworkNamespace.Create();
        Far = NetworkNamespace.Create();
        Near.Run(() =>
        {
            using var netlink = RouteNetlink.Open();
            netlink.Links.SetUp(1);
            netlink.Links.CreateVeth("near0", "far0", Far);
        });
        Configure(Near, "near0", 1);
        Configure(Far, "far0", 2);
    }

    public NetworkNamespace Near { get; }

    public NetworkNamespace Far { get; }

    public static void SkipUnlessRoot()
    {
        if (!Environment.IsPrivilegedProcess) Assert.Skip("needs root: network namespaces");
    }

    public void Dispose()
    {
        Near.Dispose();
        Far.Dispose();
    }

    private static void Configure(NetworkNamespace where, string name, int host) => where.Run(() =>
    {
        using var netlink = RouteNetlink.Open();
        var link = netlink.Links.Get(name);
        netlink.Addresses.Add(link.Index, IPAddress.Parse($"192.0.2.{host}"), 24);
        netlink.Addresses.Add(link.Index, IPAddress.Parse($"2001:db8::{host}"), 64);
        netlink.Links.SetUp(link.Index);
    });
}
