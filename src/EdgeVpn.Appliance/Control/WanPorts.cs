using System.Collections.Immutable;
using EdgeVpn.Appliance.Local;

namespace EdgeVpn.Appliance.Control;

/// <summary>The ports that lead out.</summary>
/// <param name="Interfaces">All of the box's.</param>
/// <param name="OfTheBoard">The port that the board calls WAN, where neither the configuration nor a default route names one: a box as it comes from its carton.</param>
public readonly record struct WanPorts(ImmutableArray<InterfaceStatus> Interfaces, InterfaceStatus? OfTheBoard = null)
{
    /// <summary>Those of the configuration.</summary>
    public IEnumerable<InterfaceStatus> All => Interfaces.Where(static i => i.Role == "wan");

    public string Names => string.Join(", ", Known.Select(static i => i.Name));

    public bool HaveCarrier => !Known.Any() || Known.Any(static i => i.Carrier);

    /// <summary>An address that leads somewhere, on a port with a cable: a static one stays on a port without, and every port gives itself a link-local one.</summary>
    public bool HaveAddress => !Known.Any() || Known.Any(static i => i.Carrier && i.Addresses.Any(static a => !IsLinkLocal(a)));

    private IEnumerable<InterfaceStatus> Known => All.Any() || OfTheBoard is not { } port ? All : [port];

    private static bool IsLinkLocal(string address) =>
        address.StartsWith("fe80:", StringComparison.OrdinalIgnoreCase) || address.StartsWith("169.254.", StringComparison.Ordinal);
}
