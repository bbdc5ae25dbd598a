using EdgeVpn.Benchmarks.Tunnels;
using EdgeVpn.Interop.Peers;
using EdgeVpn.Interop.Processes;

namespace EdgeVpn.Benchmarks.Rekeys;

/// <summary>Ours calls a strongSwan with ESP in user space.</summary>
internal sealed class MixedPair(string executable) : Contender("edgevpn-strongswan", Suites.Gcm)
{
    private readonly List<IVpnEnd> _ends = [];

    public override IReadOnlyList<IVpnEnd> Ends => _ends;

    public override IReadOnlyList<Daemon> Daemons => [.. _ends.Select(end => end is ApplianceEnd ours ? ours.Daemon! : ((StrongSwan)end).Daemon!)];

    protected override async Task ConnectAsync()
    {
        var ends = EdgeVpnPair.ConfigurationOf(Suite);
        _ends.Add(new StrongSwan(Lab, StrongSwanRelease.Debian12, ends[0]));
        _ends.Add(new ApplianceEnd(Lab, ends[1] with { AlwaysUdp = true }, executable: executable));
        foreach (var end in _ends) await end.StartAsync();
        if (!await _ends[^1].InitiateAsync()) throw new InvalidOperationException($"{Name}: the tunnel did not come up");
    }

    protected override async ValueTask DisconnectAsync()
    {
        foreach (var end in _ends) await end.DisposeAsync();
    }
}
