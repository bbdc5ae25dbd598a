using System.Collections.Immutable;
using EdgeVpn.Ipsec;
using EdgeVpn.Ipsec.Crypto;
using EdgeVpn.Ipsec.Ike;
using EdgeVpn.Model.Reasons;
using EdgeVpn.Rehearsal.Azure;
using EdgeVpn.Rehearsal.Proposals;

namespace EdgeVpn.Rehearsal.Run;

/// <summary>The box's part: what the engine is given for each endpoint, made by the code that makes it on the box.</summary>
/// <param name="Name">The tunnel's name.</param>
/// <param name="Address">Our own address.</param>
/// <param name="Endpoints">In the order in which they are tried.</param>
/// <param name="Specs">The same proposals in keywords, for advice.</param>
public sealed record BoxPart(string Name, IpAddress Address, ImmutableArray<BoxEndpoint> Endpoints, ConnectionSpecs Specs);

/// <summary>One endpoint.</summary>
/// <param name="Connection">What the engine is given while this endpoint is in use.</param>
/// <param name="Remote">Where it is; a stand-in where it has a name only.</param>
public sealed record BoxEndpoint(IkeConnection Connection, IpAddress Remote);

/// <summary>The gateway's part.</summary>
/// <param name="Gateway">Its habits.</param>
/// <param name="Assumed">The policy was concluded, not told.</param>
/// <param name="BehindNat">The box is behind a NAT: Azure cannot call it.</param>
public sealed record GatewayPart(AzureGateway Gateway, bool Assumed, bool BehindNat);

/// <summary>How the box behaves around its engine: the shell's own code, handed in.</summary>
/// <param name="ReasonOf">From the engine's evidence to the catalogue.</param>
/// <param name="Backoff">How long it waits after so many failed calls.</param>
public sealed record BoxHabits(Func<CloseCause, Reason?> ReasonOf, Func<int, IEntropy, TimeSpan> Backoff, AlgorithmCatalog Algorithms);
