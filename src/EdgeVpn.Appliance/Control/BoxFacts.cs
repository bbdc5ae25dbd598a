using System.Collections.Immutable;
using EdgeVpn.Appliance.Local;
using EdgeVpn.Appliance.Runtime;
using EdgeVpn.Model.Configuration;
using EdgeVpn.Model.Reasons;

namespace EdgeVpn.Appliance.Control;

/// <summary>Everything known of the box at one moment: what status, why and the lights are all made from.</summary>
/// <param name="Measured">Read when somebody first asks for <see cref="Traffic"/>: the lights look five times a second, and seldom at that.</param>
public sealed record BoxFacts(
    BoxConfig Configuration,
    ConfigurationInForce InForce,
    ImmutableArray<InterfaceStatus> Interfaces,
    bool HasGateway,
    IReadOnlyList<ConnectionView> Connections,
    Func<string, ImmutableArray<ProbeState>> Probes,
    Lazy<DataPlaneStatus> Measured,
    Cloud.CloudStatus? Cloud,
    Reason? BoxFault)
{
    /// <summary>Whether names that a tunnel brings are given to the LAN's resolver.</summary>
    public bool HandsNamesOver { get; init; }

    public DataPlaneStatus Traffic
    {
        get => Measured.Value;
        init => Measured = new Lazy<DataPlaneStatus>(value);
    }

    /// <summary>The daemon has not yet done what its first configuration asks for.</summary>
    public bool IsStarting { get; init; }

    /// <summary>Another version is being installed.</summary>
    public bool IsUpdating { get; init; }

    /// <summary>As <see cref="WanPorts.OfTheBoard"/>.</summary>
    public InterfaceStatus? WanOfTheBoard { get; init; }

    public WanPorts Wan => new(Interfaces, WanOfTheBoard);

    /// <summary>What of it is wrong. Judged once for a moment, however often it is asked.</summary>
    public BoxReasons Reasons => _reasons is { } judged && ReferenceEquals(judged.Facts, this) ? judged : _reasons = new BoxReasons(this);

    /// <summary>The reason to show.</summary>
    public (Reason Reason, string? Detail)? Worst() => Reasons.Worst();

    private BoxReasons? _reasons; // of another moment in a copy: hence the look above
}
