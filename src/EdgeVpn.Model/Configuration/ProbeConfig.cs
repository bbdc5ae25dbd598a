using System.ComponentModel;
using System.Net;

namespace EdgeVpn.Model.Configuration;

/// <summary>A host behind the peer that is asked regularly: its answer shows that the tunnel carries traffic.</summary>
public sealed record ProbeConfig
{
    [Description("Address behind the peer.")]
    public required IPAddress Address { get; init; }

    [Description("icmp: echo; tcp: a connection to `port`.")]
    public ProbeKind Kind { get; init; } = ProbeKind.Icmp;

    [Description("TCP port, for kind tcp.")]
    public int? Port { get; init; }

    [Description("Time from one question to the next.")]
    public TimeSpan Interval { get; init; } = TimeSpan.FromSeconds(5);
}

/// <summary>How a probe asks.</summary>
public enum ProbeKind
{
    Icmp,
    Tcp,
}
