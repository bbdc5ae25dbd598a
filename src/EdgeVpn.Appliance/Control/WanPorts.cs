using System.Collections.Immutable;
using EdgeVpn.Appliance.Local;
using EdgeVpn.Model.Reasons;

namespace EdgeVpn.Appliance.Control;

/// <summary>The ports that lead out, and what is wrong with the way out itself.</summary>
/// <param name="Interfaces">All of the box's.</param>
public readonly record struct WanPorts(ImmutableArray<InterfaceStatus> Interfaces)
{
    public IEnumerable<InterfaceStatus> All => Interfaces.Where(static i => i.Role == "wan");

    public string Names => string.Join(", ", All.Select(static i => i.Name));

    public bool HaveCarrier => !All.Any() || All.Any(static i => i.Carrier);

    public bool HaveAddress => !All.Any() || All.Any(static i => !i.Addresses.IsEmpty);

    /// <summary>Null: there is a way.</summary>
    public Reason? Trouble => !HaveCarrier ? ReasonCode.NoCarrier : !HaveAddress ? ReasonCode.NoAddress : null;
}
