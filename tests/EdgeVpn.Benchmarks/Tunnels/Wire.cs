using EdgeVpn.Interop.Net;

namespace EdgeVpn.Benchmarks.Tunnels;

/// <summary>What the packets between the two ends look like.</summary>
internal enum Wire
{
    /// <summary>As veth does by itself: super-packets of up to 64 KiB pass uncut, which no cable does.</summary>
    Super,

    /// <summary>Cut to the MTU before the wire, joined again by the receiving interface (GRO).</summary>
    CutAndJoined,

    /// <summary>Cut to the MTU, and every packet arrives by itself: a simple network card.</summary>
    Cut,
}

internal static class Wires
{
    public static string Name(this Wire wire) => wire switch
    {
        Wire.Super => "super",
        Wire.CutAndJoined => "wire+gro",
        _ => "wire",
    };

    public static string Sentence(this Wire wire) => wire switch
    {
        Wire.Super => "veth super-packets",
        Wire.CutAndJoined => "wire-size packets, receiver joins (GRO)",
        _ => "wire-size packets, no GRO",
    };

    /// <summary>Sets both ends of the link between box and gateway.</summary>
    public static async Task ApplyAsync(this Wire wire, Lab lab)
    {
        var cut = wire == Wire.Super ? "on" : "off";
        var join = wire == Wire.CutAndJoined ? "on" : "off";
        foreach (var node in (Node[])[Node.Box, Node.Gateway])
            await lab.RunAsync(node, ["ethtool", "-K", "wan0", "tso", cut, "gso", cut, "tx-udp-segmentation", cut, "gro", join]);
    }
}
