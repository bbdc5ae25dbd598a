using EdgeVpn.Linux;
using EdgeVpn.Linux.Netlink;

namespace EdgeVpn.Appliance.Network;

/// <summary>Hears when the machine's network changes: time to call <see cref="NetworkApplier.Refresh"/> and to look at the health again.</summary>
/// <remarks>Open it before the first application. Our own changes are heard too; the refresh they cause finds nothing to do.</remarks>
public sealed class NetworkWatch : IDisposable
{
    private readonly NetlinkMonitor _monitor = NetlinkMonitor.Open(NetlinkTopics.Links | NetlinkTopics.Addresses | NetlinkTopics.Routes | NetlinkTopics.Rules);

    /// <summary>Readable when something changed; for a <see cref="Poller"/>.</summary>
    public Descriptor Handle => _monitor.Handle;

    /// <summary>Takes what happened, without waiting. A change that notifications were lost of counts as one.</summary>
    public bool TakeChanges() => _monitor.Take().Count > 0;

    public void Dispose() => _monitor.Dispose();
}
