using System.Collections.Immutable;
using EdgeVpn.Ipsec.Ike;
using EdgeVpn.Ipsec.Wire.Payloads;
using EdgeVpn.Model.Proposals;
using EdgeVpn.Rehearsal.Proposals;

namespace EdgeVpn.Rehearsal.Azure;

/// <summary>The habits of an Azure VPN gateway, laid on our own engine: it is the peer of rehearsals, and of laboratories in real time.</summary>
/// <remarks>
/// Its tables or a custom policy, its lifetimes and DPD, its vendor IDs; it takes whatever selectors are proposed, and asks for another group with
/// INVALID_KE_PAYLOAD as it does. A rekey that it starts names no PFS with the default set, and the policy's group with a policy. Two instances make an
/// active-active gateway: one endpoint each, since they share nothing but the configuration.
/// </remarks>
public sealed record AzureGateway
{
    /// <summary>MD5 of "MS NT5 ISAKMPOAKLEY", then version 9.</summary>
    private static readonly byte[] s_isakmpOakley = Convert.FromHexString("1e2b516905991c7d7c96fcbfb587e46100000009");

    /// <summary>MD5 of "MS-Negotiation Discovery Capable".</summary>
    private static readonly byte[] s_negotiationDiscovery = Convert.FromHexString("fb1de3cdf341b7ea16b7e5be0855f120");

    /// <summary>The connection's custom policy; null: the default set.</summary>
    public AzurePolicy? Policy { get; init; }

    /// <summary>Azure's <c>connectionMode</c>.</summary>
    public ConnectionMode Mode { get; init; }

    public TimeSpan DpdTimeout { get; init; } = AzureTables.DpdTimeout;

    /// <summary>What it proposes when it asks: Azure's and ours (<c>trafficSelectorPolicies</c>, or every pair of prefixes); empty is any to any.</summary>
    public ImmutableArray<(TrafficSelector Azure, TrafficSelector Ours)> Selectors { get; init; } = [];

    public AzureProposals Proposals => AzureProposals.Of(Policy);

    /// <summary>How the endpoint behaves, whatever the connection.</summary>
    public static IkeEndpointOptions Endpoint(IkeEndpointOptions options) => options with
    {
        MaxChildrenPerIkeSa = AzureTables.MaxChildren,
        AnnouncesChildless = false,
        VendorIds = [s_isakmpOakley, s_negotiationDiscovery],
    };

    /// <summary>A connection as Azure would have it: names, addresses, identities and secret are kept.</summary>
    public IkeConnection Connection(IkeConnection connection)
    {
        var proposals = Proposals;
        return connection with
        {
            Mode = connection.Mode == ConnectionMode.Default ? Mode : connection.Mode,
            IkeProposals = ProposalTranslator.ToWire(proposals.Ike),
            AcceptedIkeProposals = [],
            EspProposals = ProposalTranslator.ToWire(proposals.EspOffer),
            AcceptedEspProposals = ProposalTranslator.ToWire(proposals.EspAccept),
            LocalSelectors = Selectors.IsEmpty ? [TrafficSelector.AnyIPv4] : [.. Selectors.Select(static s => s.Azure).Distinct()],
            RemoteSelectors = Selectors.IsEmpty ? [TrafficSelector.AnyIPv4] : [.. Selectors.Select(static s => s.Ours).Distinct()],
            AcceptsAnySelectors = true,
            IkeLifetime = AzureTables.IkeLifetime,
            ChildLifetime = Policy is null ? AzureTables.ChildLifetime : TimeSpan.FromSeconds(Policy.LifetimeSeconds),
            RekeyPoint = AzureTables.RekeyPoint,
            RekeyJitter = 0,
            DpdTimeout = DpdTimeout,
        };
    }
}
