using EdgeVpn.Interop.Net;
using EdgeVpn.Interop.Peers;
using EdgeVpn.Interop.Processes;

namespace EdgeVpn.Benchmarks.Tunnels;

/// <summary>No tunnel: the plain link between the two ends.</summary>
internal sealed class PlainLink() : Contender(None, Suites.Gcm)
{
    public override (string From, string To) Addresses => (LabAddresses.BoxWan, LabAddresses.GatewayWan);

    public override IReadOnlyList<Daemon> Daemons => [];

    protected override Task ConnectAsync() => Task.CompletedTask;

    protected override ValueTask DisconnectAsync() => ValueTask.CompletedTask;
}

/// <summary>Two of ours, from one executable.</summary>
/// <param name="inUdp">In UDP, as all the others go; else as protocol 50, which the kernel neither cuts nor joins for us.</param>
internal sealed class EdgeVpnPair(string name, string suite, string executable, bool inUdp = true) : Contender(name, suite)
{
    private readonly List<ApplianceEnd> _ends = [];

    public override IReadOnlyList<IVpnEnd> Ends => _ends;

    public override IReadOnlyList<Daemon> Daemons => [.. _ends.Select(end => end.Daemon!)];

    public override async Task<(long Octets, long Collections)?> AllocatedAsync()
    {
        var counters = await Task.WhenAll(_ends.Select(end => end.CountersAsync()));
        return counters.All(each => each.ContainsKey("process.allocatedOctets"))
            ? (counters.Sum(each => each["process.allocatedOctets"]), counters.Sum(each => each["process.collections"]))
            : null; // a build of before they were counted
    }

    protected override async Task ConnectAsync()
    {
        foreach (var end in ConfigurationOf(Suite))
        {
            _ends.Add(new ApplianceEnd(Lab, end with { AlwaysUdp = inUdp }, executable: executable));
            await _ends[^1].StartAsync();
        }

        if (!await _ends[^1].InitiateAsync()) throw new InvalidOperationException($"{Name}: the tunnel did not come up:\n{_ends[^1].Daemon!.Log()}");
    }

    protected override async ValueTask DisconnectAsync()
    {
        foreach (var end in _ends) await end.DisposeAsync();
    }

    /// <summary>The answering end first.</summary>
    internal static IReadOnlyList<TunnelEnd> ConfigurationOf(string suite)
    {
        var (ike, esp) = Suites.Proposals(suite);
        return [TunnelEnd.Cloud with { Ike = ike, Esp = esp }, TunnelEnd.Branch with { Ike = ike, Esp = esp }];
    }
}

/// <summary>Two strongSwans with ESP in user space (kernel-libipsec).</summary>
internal sealed class StrongSwanPair(string suite) : Contender(StrongSwan, suite)
{
    private readonly List<StrongSwan> _ends = [];

    public override IReadOnlyList<Daemon> Daemons => [.. _ends.Select(end => end.Daemon!)];

    protected override async Task ConnectAsync()
    {
        foreach (var end in EdgeVpnPair.ConfigurationOf(Suite))
        {
            _ends.Add(new StrongSwan(Lab, StrongSwanRelease.Debian12, end));
            await _ends[^1].StartAsync();
        }

        if (!await _ends[^1].InitiateAsync()) throw new InvalidOperationException($"{Name}: the tunnel did not come up:\n{_ends[^1].Log()}");
    }

    protected override async ValueTask DisconnectAsync()
    {
        foreach (var end in _ends) await end.DisposeAsync();
    }
}
