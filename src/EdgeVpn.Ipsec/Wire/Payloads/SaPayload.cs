using System.Collections.Immutable;
using EdgeVpn.Ipsec.Wire.Registry;

namespace EdgeVpn.Ipsec.Wire.Payloads;

/// <summary>Security Association payload: the proposals offered, or the one chosen (RFC 7296 §3.3).</summary>
/// <param name="Proposals">In order of preference; at least one, with growing numbers, so at most 255.</param>
public sealed record SaPayload(ImmutableArray<Proposal> Proposals) : Payload
{
    /// <summary>What growing one-octet numbers leave room for.</summary>
    public const int MaxProposals = byte.MaxValue;

    public override PayloadType Type => PayloadType.SecurityAssociation;

    public override int BodyLength => Proposals.Sum(proposal => proposal.Length);

    /// <summary>Reads every proposal whole, also one that negotiation will pass over (RFC 7296 §3.3.6).</summary>
    public static WireError TryRead(ReadOnlySpan<byte> body, out SaPayload? value)
    {
        value = null;
        var reader = new WireReader(body);
        if (reader.IsAtEnd) return WireError.EmptyProposal;
        var proposals = ImmutableArray.CreateBuilder<Proposal>();
        for (var previous = 0; !reader.IsAtEnd;)
        {
            var error = Proposal.TryRead(ref reader, out var proposal);
            if (error != WireError.None) return error;
            // An answer may start at any number. In an offer a repeated one could not be answered unambiguously.
            if (proposal!.Number <= previous) return WireError.BadProposalNumber;
            previous = proposal.Number;
            proposals.Add(proposal);
        }

        value = new SaPayload(proposals.ToImmutable());
        return WireError.None;
    }

    public override void WriteBody(ref WireWriter writer)
    {
        for (var index = 0; index < Proposals.Length; index++) Proposals[index].Write(ref writer, index == Proposals.Length - 1);
    }

    public bool Equals(SaPayload? other) => other is not null && OctetEquality.Same(Proposals, other.Proposals);

    public override int GetHashCode() => OctetEquality.Hash(Proposals);

    public override string ToString() => $"SA[{string.Join(", ", Proposals)}]";
}
