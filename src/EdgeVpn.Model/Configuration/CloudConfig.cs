using System.ComponentModel;
using EdgeVpn.Model.Twin;

namespace EdgeVpn.Model.Configuration;

/// <summary>The operator's broker and how the box behaves towards it.</summary>
public sealed record CloudConfig
{
    [Description("Broker, as mqtts://host:8883, or mqtt://host:1883 where `insecure` allows it.")]
    public required BrokerAddress Broker { get; init; }

    [Description("Fleet the box belongs to: letters, digits, '-', '_' and '.', at most 64. Absent: the one it was enrolled into.")]
    public string? Fleet { get; init; }

    [Description("Time in which a new document must prove itself before the box returns to the last confirmed one.")]
    public TimeSpan CommitConfirm { get; init; } = TimeSpan.FromMinutes(5);

    [Description("Allow plain TCP to a broker that is not on loopback. For laboratories.")]
    public bool Insecure { get; init; }
}
