using System.Collections.Immutable;
using EdgeVpn.Ipsec.Crypto;

namespace EdgeVpn.Ipsec.Ike;

/// <summary>Bounds and habits of an endpoint.</summary>
public sealed record IkeEndpointOptions
{
    public AlgorithmCatalog Algorithms { get; init; } = AlgorithmCatalog.Default;

    /// <summary>From this many half-open SAs on, every stranger must return a cookie first (RFC 7296 §2.6).</summary>
    public int CookieThreshold { get; init; } = 32;

    /// <summary>No more half-open SAs than this.</summary>
    public int MaxHalfOpen { get; init; } = 1_000;

    /// <summary>No more half-open SAs than this from one address.</summary>
    public int MaxHalfOpenPerSource { get; init; } = 16;

    /// <summary>A half-open SA is forgotten after this.</summary>
    public TimeSpan HalfOpenTimeout { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>No more pairs of ESP SAs per IKE SA: Azure's own bound.</summary>
    public int MaxChildrenPerIkeSa { get; init; } = 100;

    /// <summary>Datagrams that wait for the shell; more are dropped, and retransmission repairs it.</summary>
    public int MaxQueuedDatagrams { get; init; } = 4_096;

    /// <summary>A protected message whose IP packet would be longer is sent in fragments, if the peer reads them (RFC 7383); 0: never, in neither direction.</summary>
    /// <remarks>1,280 is what every IPv6 path carries, and what others use by default.</remarks>
    public int FragmentOctets { get; init; } = 1_280;

    /// <summary>Slow key agreements leave as <see cref="IkeOutput.Agree"/>. Otherwise they are computed at once: for a shell without threads, in a rehearsal.</summary>
    public bool DefersAgreements { get; init; }

    public RetransmitPolicy SetUpRetransmission { get; init; } = RetransmitPolicy.SetUp;

    /// <summary>The local port to move to when a NAT is found.</summary>
    public ushort NatTraversalPort { get; init; } = Path.NatTraversalPort;

    /// <summary>As responder, say that IKE SAs without a first child are welcome (RFC 6023).</summary>
    public bool AnnouncesChildless { get; init; } = true;

    /// <summary>Said in IKE_SA_INIT, both ways: what an implementation is known by (RFC 7296 §3.12). Empty: we say nothing.</summary>
    public ImmutableArray<byte[]> VendorIds { get; init; } = [];

    /// <summary>Whose rekey survives a collision; a test plants other rules to see whether the simulation finds them.</summary>
    internal Func<Collisions.NoncePair, Collisions.NoncePair, bool> OursSurvives { get; init; } = Collisions.OursSurvives;

    /// <summary>Emit the IKE keys of every SA: for a capture in a lab, never by default.</summary>
    public bool ExportKeys { get; init; }
}
