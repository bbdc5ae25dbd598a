using System.ComponentModel;

namespace EdgeVpn.Model.Configuration;

/// <summary>The TUN interface of a connection.</summary>
public sealed record TunnelConfig
{
    [Description("Name of the TUN interface, at most 15 characters; connections may share one. Absent: one of its own, named after the connection.")]
    public string? Interface { get; init; }

    [Description("MTU inside the tunnel in octets, or \"auto\": found from suite and path.")]
    public AutoOrOctets Mtu { get; init; } = AutoOrOctets.Auto;

    [Description("Upper bound of the TCP MSS of connections through the tunnel in octets, or \"auto\": follows the MTU.")]
    public AutoOrOctets MssClamp { get; init; } = AutoOrOctets.Auto;
}

/// <summary>A number of octets, or <c>auto</c>: the box finds it.</summary>
public readonly record struct AutoOrOctets(int? Octets)
{
    /// <summary>The box finds the number.</summary>
    public static readonly AutoOrOctets Auto;

    /// <summary>True for <c>auto</c>.</summary>
    public bool IsAuto => Octets is null;

    public override string ToString() => Octets is { } octets ? $"{octets}" : "auto";
}
