using EdgeVpn.Interop.Net;

namespace EdgeVpn.Benchmarks.Tunnels;

/// <summary>A lab whose box and gateway are joined by one veth, without a router between them.</summary>
/// <remarks>
/// <code>
///      Box ──────────── Gateway
///      192.0.2.2   203.0.113.2        wan0, and behind it lan0: 10.10.0.1, 10.20.0.1
/// </code>
/// The ends talk to each other themselves: what forwards packets beside them is the same for every contender, and would only hide differences.
/// </remarks>
internal static class DirectLab
{
    public static async Task<Lab> StartAsync(string name)
    {
        var lab = await Lab.StartAsync("bench-" + name);
        try
        {
            await lab.RunAsync(Node.Box, ["ip", "link", "del", "wan0"]);
            await lab.RunAsync(Node.Gateway, ["ip", "link", "del", "wan0"]);
            await lab.RunAsync(Node.Box, ["ip", "link", "add", "name", "wan0", "type", "veth", "peer", "name", "wan0", "netns", lab.Netns(Node.Gateway)]);
            await ConfigureAsync(lab, Node.Box, LabAddresses.BoxWan, LabAddresses.GatewayWan);
            await ConfigureAsync(lab, Node.Gateway, LabAddresses.GatewayWan, LabAddresses.BoxWan);
            return lab;
        }
        catch
        {
            await lab.DisposeAsync();
            throw;
        }
    }

    private static async Task ConfigureAsync(Lab lab, Node node, string address, string peer)
    {
        await lab.RunAsync(node, ["ip", "addr", "add", address + "/24", "dev", "wan0"]);
        await lab.RunAsync(node, ["ip", "link", "set", "wan0", "up"]);
        await lab.RunAsync(node, ["ip", "route", "add", peer + "/32", "dev", "wan0", "src", address]);
    }
}
