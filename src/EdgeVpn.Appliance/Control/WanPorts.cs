using System.Collections.Immutable;
using EdgeVpn.Appliance.Local;

namespace EdgeVpn.Appliance.Control;

/// <summary>The ports that lead out.</summary>
/// <param name="Interfaces">All of the box's.</param>
public readonly record struct WanPorts(ImmutableArray<InterfaceStatus> Interfaces)
{
    public IEnumerable<InterfaceStatus> All => Interfaces.Where(static i => i.Role == "wan");

    public string Names => string.Join(", ", All.Select(static i => i.Name));

    public bool HaveCarrier => !All.Any() || All.Any(static i => i.Carrier);

    public bool HaveAddress => !All.Any() || All.Any(static i => !i.Addresses.IsEmpty);
}
