using System.Net.Sockets;
using EdgeVpn.Linux;
using EdgeVpn.Model.Configuration;

namespace EdgeVpn.Appliance.Network;

public sealed partial class NetworkApplier
{
    private const string FilterOfAll = "net/ipv4/conf/all/rp_filter";

    private static bool HasIPv6 => Families.Contains(AddressFamily.InterNetworkV6);

    private void ApplyParameters()
    {
        var links = _netlink.Links.List().Select(l => l.Name).ToList();
        // The peer's answer comes in by the WAN, but the route back to it may lead into a tunnel, and what a tunnel brings may come from anywhere.
        var unfiltered = _plan.WanInterfaces.Concat(_plan.TunnelInterfaces).Where(links.Contains).ToList();
        if (_plan.ManagesMachine)
        {
            KeepFilterElsewhere(links.Except(unfiltered));
            Set("net/ipv4/ip_forward", "1");
            if (HasIPv6 && UsesIPv6()) ForwardIPv6(links);
            foreach (var name in _plan.WanInterfaces.Where(links.Contains)) Set($"net/ipv4/conf/{name}/accept_redirects", "0"); // a neighbour on the WAN does not choose our way
        }

        foreach (var name in unfiltered) Set($"net/ipv4/conf/{name}/rp_filter", "0");
    }

    /// <summary>The larger of "all" and the interface's own value counts: "all" must go to 0, and the others keep what they had.</summary>
    private static int Effective(string all, string own) => Math.Max(int.Parse(all), int.Parse(own));

    private void KeepFilterElsewhere(IEnumerable<string> others)
    {
        var all = Sysctl.Read(FilterOfAll);
        if (all == "0") return;
        foreach (var name in others) Set($"net/ipv4/conf/{name}/rp_filter", own => $"{Effective(all, own)}");
        Set(FilterOfAll, "0");
    }

    private bool UsesIPv6() =>
        _plan.Protected.Any(n => n.BaseAddress.AddressFamily == AddressFamily.InterNetworkV6) || _plan.ProtectsEverything.Contains(AddressFamily.InterNetworkV6)
        || _plan.Interfaces.Any(i => i.Role == InterfaceRole.Lan && (i.LeavesIPv6 || i.Addresses.Any(a => a.Address.AddressFamily == AddressFamily.InterNetworkV6)));

    private void ForwardIPv6(List<string> links)
    {
        // A router ignores advertisements unless told 2: without this the WAN's default route would run out.
        foreach (var item in _plan.Interfaces.Where(i => i.Role == InterfaceRole.Wan && i.LeavesIPv6 && links.Contains(i.Name))) Set($"net/ipv6/conf/{item.Name}/accept_ra", "2");
        Set("net/ipv6/conf/all/forwarding", "1");
    }

    private void Set(string parameter, string value) => Set(parameter, _ => value);

    private void Set(string parameter, Func<string, string> value)
    {
        try
        {
            var before = Sysctl.Read(parameter);
            var wanted = value(before);
            if (before == wanted) return;
            Sysctl.Write(parameter, wanted);
            _done.Add($"+ {parameter} = {wanted}");
        }
        catch (LinuxException refused)
        {
            _refused.Add($"+ {parameter}: {refused.Message}"); // its interface was just taken away, or the machine does not let us
        }
    }
}
