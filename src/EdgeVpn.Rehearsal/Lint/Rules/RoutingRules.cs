using System.Globalization;
using System.Net;
using EdgeVpn.Model.Configuration;

namespace EdgeVpn.Rehearsal.Lint.Rules;

/// <summary>BGP as Azure has it: AS numbers, timers, addresses.</summary>
internal static class RoutingRules
{
    /// <summary>Azure's own (8074, 8075, 12076, 65515, 65517–65520) and IANA's, as Microsoft lists them.</summary>
    private static readonly (long First, long Last, string Whose)[] s_reserved =
    [
        (8_074, 8_075, "Azure's own"), (12_076, 12_076, "Azure's own"), (65_515, 65_515, "Azure's own"), (65_517, 65_520, "Azure's own"),
        (23_456, 23_456, "reserved by IANA"), (64_496, 64_511, "reserved by IANA"), (65_535, 65_551, "reserved by IANA"), (429_496_729, 429_496_729, "on Microsoft's list"),
    ];

    private const int AzureHoldSeconds = 180;

    private static readonly IPAddress s_apipaFirst = IPAddress.Parse("169.254.21.0");
    private static readonly IPAddress s_apipaLast = IPAddress.Parse("169.254.22.255");

    public static void Check(LintContext context)
    {
        if (context.Connection.Bgp is not { } bgp) return;
        var path = context.Path["bgp"];
        foreach (var (first, last, whose) in s_reserved)
        {
            if (bgp.LocalAsn >= first && bgp.LocalAsn <= last)
                context.Error(FindingId.AsnReserved, path["localAsn"], string.Create(CultureInfo.InvariantCulture, $"Azure refuses AS {bgp.LocalAsn} for a site: it is {whose}."), "a private number: 64512 to 65514, or 65521 to 65534");
        }

        if (bgp.LocalAsn == bgp.PeerAsn)
            context.Error(FindingId.AsnSame, path["localAsn"], "Both ends have the same AS number: Azure speaks external BGP only.", "another number; Azure's default is 65515");
        if (bgp.Hold.TotalSeconds < AzureHoldSeconds)
            context.Warn(FindingId.BgpHold, path["hold"], $"Azure sends keepalives every 60 seconds and holds 180, fixed: a hold time of {bgp.Hold.TotalSeconds:0} seconds flaps.", "00:03:00");
        Addresses(context, bgp);
    }

    private static void Addresses(LintContext context, BgpConfig bgp)
    {
        var path = context.Path["bgp"];
        var endpoints = context.Connection.Remote.Endpoints;
        var peers = endpoints.Select((e, i) => (Address: e.BgpPeer, Path: context.Path["remote"]["endpoints"][i]["bgpPeer"]))
            .Where(static p => p.Address is not null).Select(static p => (Address: p.Address!, p.Path)).Append((Address: bgp.PeerAddress, Path: path["peerAddress"])).ToList();
        var isApipa = PrivateAddresses.IsApipa(bgp.LocalAddress) || peers.Exists(static p => PrivateAddresses.IsApipa(p.Address));
        if (isApipa && context.Connection.Nat.Any(static rule => rule.By == NatTranslator.Peer))
            context.Error(FindingId.ApipaNat, context.Path["nat"], "Azure does not translate addresses on a connection whose BGP peers have APIPA addresses.", "other BGP addresses, or no \"nat\"");
        if (isApipa) context.Info(FindingId.ApipaCalls, path["peerAddress"], "With APIPA addresses Azure waits: the box must open the BGP session.");
        foreach (var (address, at) in peers.Where(static p => PrivateAddresses.IsApipa(p.Address) && !IsAzureApipa(p.Address)))
            context.Error(FindingId.ApipaRange, at, $"{address} cannot be Azure's: its APIPA addresses are {s_apipaFirst} to {s_apipaLast}.");
        if (bgp.LocalAddress is not { } own) return;
        if (own.Equals(context.Connection.Local.Address))
            context.Error(FindingId.BgpAddress, path["localAddress"], "Azure refuses the box's public address as its BGP address.", "an address on a loopback interface, or APIPA");
        if (context.Connection.Remote.Networks.Any(network => network.PrefixLength > 0 && network.Contains(own)))
            context.Error(FindingId.BgpAddress, path["localAddress"], $"{own} lies behind Azure: the box's BGP address must not be inside the VNet.", "an address of this end");
    }

    private static bool IsAzureApipa(IPAddress address) =>
        Compare(address, s_apipaFirst) >= 0 && Compare(address, s_apipaLast) <= 0;

    private static int Compare(IPAddress a, IPAddress b) => a.GetAddressBytes().AsSpan().SequenceCompareTo(b.GetAddressBytes());
}
