namespace EdgeVpn.Appliance.Network;

/// <summary>The numbers and names by which the kernel's tables tell what is ours. Nothing under other numbers is ever touched.</summary>
public static class NetworkNumbers
{
    /// <summary>Firewall mark of the IKE and ESP sockets: "EV". What carries it goes by the main table and past the guard.</summary>
    public const uint Mark = 0x4556;

    /// <summary>Table of the networks behind peers, as far as they are narrower than "everything".</summary>
    public const uint TunnelTable = 4556;

    /// <summary>Table of the default routes through tunnels.</summary>
    public const uint DefaultTable = 4557;

    /// <summary>Priority of the rule that keeps our own sockets out of the tunnels.</summary>
    public const uint MarkPriority = 4555;

    public const uint TunnelPriority = 4556;

    public const uint DefaultPriority = 4557;

    /// <summary>Metric of routes that lead somewhere.</summary>
    public const uint TunnelMetric = 100;

    /// <summary>Metric of the unreachable twin that remains when the tunnel's interface is gone.</summary>
    public const uint UnreachableMetric = 1_000_000;

    /// <summary>Metric of the first WAN's static default route; those after count up. Below the 100 and 1024 that DHCP clients use.</summary>
    public const uint GatewayMetric = 45;

    /// <summary>Metric of the default route by the WAN that was chosen because one before it leads nowhere.</summary>
    public const uint PreferredMetric = 40;

    public const string NftFamily = "inet";

    public const string NftTable = "edgevpn";
}
