using System.Collections.Immutable;
using System.Net;
using EdgeVpn.Ipsec;
using EdgeVpn.Ipsec.Ike;
using EdgeVpn.Ipsec.Ike.Auth;
using EdgeVpn.Model.Configuration;
using EdgeVpn.Model.Reasons;

namespace EdgeVpn.Appliance.Control;

/// <summary>What the manager remembers of one connection. Touched by the IKE thread alone.</summary>
internal sealed class LiveConnection(ConnectionPlan plan, int mtu)
{
    public ConnectionPlan Plan { get; set; } = plan;

    /// <summary>Octets of inner packet that the tunnel takes now.</summary>
    public int Mtu { get; set; } = mtu;

    /// <summary>Octets of inner packet that suite and WAN allow, or that the configuration says.</summary>
    public int FullMtu { get; set; } = mtu;

    /// <summary>What probing found last; null before.</summary>
    public PathMtuResult? PathMtu { get; set; }

    /// <summary>Should be up: the configuration says so, and nobody said <c>down</c>.</summary>
    public bool IsWanted { get; set; } = true;

    /// <summary>Which endpoint is being tried or in use.</summary>
    public int EndpointIndex { get; set; }

    public EndpointConfig Endpoint => Plan.Endpoints[EndpointIndex % Plan.Endpoints.Length];

    /// <summary>Addresses that the endpoints' names last led to; null before the first answer.</summary>
    public IReadOnlyList<IPAddress>? Resolved { get; set; }

    public bool IsResolving { get; set; }

    /// <summary>What it proves itself with; null if <see cref="CredentialProblem"/> says why there is none.</summary>
    public AuthenticationCredential? Credential { get; set; }

    public string? CredentialProblem { get; set; }

    /// <summary>Mixed into the keys beside the credential (RFC 8784).</summary>
    public Ppk? Ppk { get; set; }

    public IPAddress? LocalAddress { get; set; }

    /// <summary>What the engine was told last, and what that was made of.</summary>
    public (EngineView Of, IkeConnection Connection)? Told { get; set; }

    public int Failures { get; set; }

    /// <summary>When the next attempt begins; <see cref="Instant.Never"/> while one is on its way or the connection is up.</summary>
    public Instant NextAttempt { get; set; }

    public Reason? Reason { get; set; }

    public string? Detail { get; set; }

    public Instant Since { get; set; }

    public ChurnWatch Churn { get; } = new();

    /// <summary>What of that was told last.</summary>
    public Reason? ChurnTold { get; set; }

    /// <summary>Child SAs the data plane holds for it.</summary>
    public HashSet<ChildSaId> Children { get; } = [];

    public ImmutableDictionary<IkeSaId, Instant> EstablishedAt { get; set; } = ImmutableDictionary<IkeSaId, Instant>.Empty;

    /// <summary>What was published last.</summary>
    public ConnectionView? View { get; set; }
}

/// <summary>All that an engine's connection is made of; equal views make equal ones.</summary>
internal sealed record EngineView(
    ConnectionPlan Plan, EndpointConfig Endpoint, IReadOnlyList<IPAddress>? Resolved, IPAddress? LocalAddress, AuthenticationCredential? Credential, Ppk? Ppk, bool IsWanted)
{
    // By reference where the parts are long: they are replaced, never changed.
    public bool Equals(EngineView? other) =>
        other is not null && ReferenceEquals(Plan, other.Plan) && ReferenceEquals(Endpoint, other.Endpoint) && ReferenceEquals(Resolved, other.Resolved)
        && Equals(LocalAddress, other.LocalAddress) && ReferenceEquals(Credential, other.Credential) && ReferenceEquals(Ppk, other.Ppk) && IsWanted == other.IsWanted;

    public override int GetHashCode() => System.Runtime.CompilerServices.RuntimeHelpers.GetHashCode(Plan);
}
