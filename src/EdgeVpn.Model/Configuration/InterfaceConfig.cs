using System.Collections.Immutable;
using System.ComponentModel;
using System.Net;

namespace EdgeVpn.Model.Configuration;

/// <summary>One network interface of the box.</summary>
public sealed record InterfaceConfig
{
    [Description("Interface name as Linux knows it, at most 15 characters.")]
    public required string Name { get; init; }

    [Description("wan: towards the provider, closed to everything but IKE and ESP; lan: the office.")]
    public required InterfaceRole Role { get; init; }

    [Description("IPv4 on this interface.")]
    public Ipv4Config Ipv4 { get; init; } = new();

    [Description("IPv6 on this interface.")]
    public Ipv6Config Ipv6 { get; init; } = new();

    [Description("MTU of the link in octets. Absent: the link's own.")]
    public int? Mtu { get; init; }

    [Description("An IEEE 802.1Q tag: the interface is a VLAN on top of `parent`.")]
    public VlanConfig? Vlan { get; init; }

    [Description("The interface is a PPPoE session over `parent`; its address comes from the provider.")]
    public PppoeConfig? Pppoe { get; init; }

    [Description("The interface is a modem's; its address comes from the provider.")]
    public LteConfig? Lte { get; init; }

    [Description("Hosts beyond this WAN that are asked whether they answer, where there is a second WAN to fall back to. Empty: the next hop.")]
    public ImmutableArray<IPAddress> Reach { get; init; } = [];
}

/// <summary>Which side an interface faces.</summary>
public enum InterfaceRole
{
    Wan,
    Lan,
}

/// <summary>IPv4 addressing of an interface.</summary>
public sealed record Ipv4Config
{
    [Description("dhcp: ask the network; static: `address`; none: no IPv4 here. Absent: dhcp, or static where `address` is given.")]
    public Ipv4Method? Method { get; init; }

    [Description("Own address with prefix length, for method static.")]
    public InterfaceAddress? Address { get; init; }

    [Description("Next hop of the default route, for method static on a WAN.")]
    public IPAddress? Gateway { get; init; }

    [Description("Name servers. Empty: those DHCP names.")]
    public ImmutableArray<IPAddress> Dns { get; init; } = [];

    [Description("Serve addresses and names to the hosts of this LAN.")]
    public bool DhcpServer { get; init; }

    [Description("Which addresses are served. Absent: all of the network but the box's own.")]
    public DhcpRangeConfig? DhcpRange { get; init; }

    /// <summary>The method in force: what was written, else static where an address was written, else DHCP.</summary>
    internal Ipv4Method EffectiveMethod => Method ?? (Address is null ? Ipv4Method.Dhcp : Ipv4Method.Static);
}

/// <summary>Where an IPv4 address comes from.</summary>
public enum Ipv4Method
{
    Dhcp,
    Static,
    None,
}

/// <summary>The addresses a DHCP server hands out, both ends included.</summary>
public sealed record DhcpRangeConfig
{
    [Description("First address served.")]
    public required IPAddress First { get; init; }

    [Description("Last address served.")]
    public required IPAddress Last { get; init; }

    [Description("How long an address is lent.")]
    public TimeSpan Lease { get; init; } = TimeSpan.FromHours(12);
}

/// <summary>IPv6 addressing of an interface.</summary>
public sealed record Ipv6Config
{
    [Description("auto: router advertisements; dhcp: DHCPv6; static: `address`; none: no IPv6 here. Absent: none, or static where `address` is given.")]
    public Ipv6Method? Method { get; init; }

    [Description("Own address with prefix length, for method static.")]
    public InterfaceAddress? Address { get; init; }

    [Description("Next hop of the default route, for method static on a WAN.")]
    public IPAddress? Gateway { get; init; }

    [Description("Name servers. Empty: those the network names.")]
    public ImmutableArray<IPAddress> Dns { get; init; } = [];

    /// <summary>The method in force: what was written, else static where an address was written, else none.</summary>
    internal Ipv6Method EffectiveMethod => Method ?? (Address is null ? Ipv6Method.None : Ipv6Method.Static);
}

/// <summary>Where an IPv6 address comes from.</summary>
public enum Ipv6Method
{
    Auto,
    Dhcp,
    Static,
    None,
}

/// <summary>An IEEE 802.1Q VLAN.</summary>
public sealed record VlanConfig
{
    [Description("The interface that carries the tagged frames.")]
    public required string Parent { get; init; }

    [Description("VLAN identifier, 1 to 4094.")]
    public required int Id { get; init; }
}

/// <summary>A PPPoE session with an access provider (RFC 2516).</summary>
public sealed record PppoeConfig
{
    [Description("The Ethernet port, or VLAN, that carries the session.")]
    public required string Parent { get; init; }

    [Description("The provider's user name.")]
    public required string User { get; init; }

    [Description("Name of the secret that holds the password.")]
    public required string Secret { get; init; }

    [Description("Service name, where the provider wants one.")]
    public string? Service { get; init; }
}

/// <summary>A mobile connection by a modem that ModemManager drives.</summary>
public sealed record LteConfig
{
    [Description("The provider's access point name.")]
    public required string Apn { get; init; }

    [Description("The access point's user name, where it wants one.")]
    public string? User { get; init; }

    [Description("Name of the secret that holds the access point's password.")]
    public string? Secret { get; init; }

    [Description("Name of the secret that holds the SIM card's PIN.")]
    public string? Pin { get; init; }
}
