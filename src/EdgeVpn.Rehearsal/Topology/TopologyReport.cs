using System.Collections.Immutable;
using System.Net;
using EdgeVpn.Rehearsal.Lint;

namespace EdgeVpn.Rehearsal.Topology;

/// <summary>What a set of configurations is, taken together.</summary>
/// <param name="Shapes">One for each part that hangs together, the largest first.</param>
/// <param name="Nodes">Boxes in the order given, then gateways.</param>
/// <param name="Links">Who has a tunnel to whom.</param>
/// <param name="Findings">Errors first.</param>
public sealed record TopologyReport(
    ImmutableArray<TopologyShape> Shapes, ImmutableArray<TopologyNode> Nodes, ImmutableArray<TopologyLink> Links, ImmutableArray<TopologyFinding> Findings)
{
    /// <summary>Something will not work.</summary>
    public bool Fails => Findings.Any(static f => f.Severity == FindingSeverity.Error);
}

/// <summary>One thing that does not fit between two places, or in the whole.</summary>
/// <param name="Id">Stable: one of <see cref="TopologyFindingId"/>.</param>
/// <param name="Box">The box whose configuration is to be changed, or the file of Azure's that says so.</param>
/// <param name="Path">Where in it.</param>
/// <param name="Message">What, for people; names no secret.</param>
/// <param name="Mend">What to write.</param>
/// <param name="Node">The node it is drawn at.</param>
/// <param name="Other">The node at the other end, where it is about a link.</param>
public sealed record TopologyFinding(string Id, FindingSeverity Severity, string Box, string Path, string Message, string? Mend, int Node, int? Other = null);

/// <summary>What a node is.</summary>
public enum TopologyNodeKind
{
    /// <summary>A box of ours.</summary>
    Box,

    /// <summary>A gateway that a file of Azure's tells of.</summary>
    AzureGateway,

    /// <summary>A gateway that only our configurations name.</summary>
    Gateway,
}

/// <summary>A place in the picture.</summary>
/// <param name="Name">A box's or gateway's; for a gateway that has none, its first address.</param>
/// <param name="Addresses">Where it is called.</param>
/// <param name="Networks">What lies behind it.</param>
public sealed record TopologyNode(string Name, TopologyNodeKind Kind, ImmutableArray<string> Addresses, ImmutableArray<IPNetwork> Networks);

/// <summary>Tunnels between two places.</summary>
/// <param name="From">Index of a node.</param>
/// <param name="To">Index of another.</param>
/// <param name="Tunnels">How many are up at a time.</param>
/// <param name="IsWhole">Both ends are configured, or the other end is none of ours.</param>
/// <param name="IsBesidePrivateLine">One of its ways is a private line, another the internet.</param>
public sealed record TopologyLink(int From, int To, int Tunnels, bool IsWhole, bool IsBesidePrivateLine);

/// <summary>What a picture is called, in the words of Microsoft's planning tables.</summary>
public enum TopologyKind
{
    /// <summary>A box without a tunnel.</summary>
    Alone,

    /// <summary>One box and one gateway.</summary>
    SiteToSite,

    /// <summary>Two boxes.</summary>
    BoxToBox,

    /// <summary>Gateways of Azure's among themselves.</summary>
    VnetToVnet,

    /// <summary>One in the middle has a tunnel to each of the others, and they have none.</summary>
    HubAndSpoke,

    /// <summary>Each has a tunnel to each.</summary>
    FullMesh,

    /// <summary>Neither.</summary>
    PartialMesh,
}

/// <summary>A part of the picture that hangs together.</summary>
/// <param name="Centre">Index of the node in the middle of a hub and spoke.</param>
/// <param name="Members">Indices of nodes.</param>
/// <param name="IsActiveActive">Some box keeps tunnels to several places of one gateway at a time.</param>
/// <param name="IsBesidePrivateLine">Some tunnel is there for when a private line fails.</param>
public sealed record TopologyShape(TopologyKind Kind, int? Centre, ImmutableArray<int> Members, bool IsActiveActive, bool IsBesidePrivateLine)
{
    /// <summary>Its name, as people say it.</summary>
    public string Words => string.Join(", ", ((string?[])
    [
        Kind switch
        {
            TopologyKind.Alone => "alone",
            TopologyKind.SiteToSite => "site-to-site",
            TopologyKind.BoxToBox => "box to box",
            TopologyKind.VnetToVnet => "VNet-to-VNet",
            TopologyKind.HubAndSpoke => "hub and spoke",
            TopologyKind.FullMesh => "full mesh",
            _ => "partial mesh",
        },
        IsActiveActive ? "active-active" : null,
        IsBesidePrivateLine ? "failover beside a private line" : null,
    ]).OfType<string>());
}
