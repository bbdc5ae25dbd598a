using EdgeVpn.Ipsec;
using EdgeVpn.Model.Twin;

namespace EdgeVpn.Appliance.Cloud;

/// <summary>What becomes of a message on <c>desired</c>: discarded, refused, known already, or taken up.</summary>
/// <remarks>Discarded: it cannot be said to be a new document for this box, so it leaves no trace but a count and its problems.
/// Refused: it is one, and this box cannot take it; it is remembered, and nothing older will be taken.</remarks>
public sealed partial class TwinSync
{
    private void Arrived(TwinInput.DocumentArrived arrived, Instant now)
    {
        // A retained message that the operator removed. What is in force stays in force.
        if (arrived.Payload.IsEmpty) return;
        if (arrived.Payload.Length > TwinLimits.MaxDesiredOctets)
        {
            Discard(DiscardCause.Oversized, default, DocumentVersion.None,
                [new ReportedProblem("$", $"has {arrived.Payload.Length} octets; a document has at most {TwinLimits.MaxDesiredOctets}.")], now);
            return;
        }

        ReadOnlyMemory<byte> envelope;
        bool unsigned;
        switch (_verifier.Verify(arrived.Payload))
        {
            case DesiredVerification.Accepted accepted:
                (envelope, unsigned) = (accepted.Envelope, accepted.Unsigned);
                _unverified = null;
                break;
            case DesiredVerification.Rejected rejected:
                _unverified = $"A document {rejected.Problem}";
                Discard(DiscardCause.Unverified, arrived.Payload, DocumentVersion.None, [new ReportedProblem("$", rejected.Problem)], now);
                return;
            default:
                throw new InvalidOperationException("A verifier accepts or rejects.");
        }

        var reading = DesiredReading.Read(envelope);
        if (reading.Recipient is not null && reading.Recipient != _identity)
        {
            Discard(DiscardCause.Foreign, arrived.Payload, reading.Version, [new ReportedProblem("$", $"is for {reading.Recipient}; this is {_identity}.")], now);
            return;
        }

        if (reading.Recipient is null || reading.Version.IsNone)
        {
            Discard(DiscardCause.Unreadable, arrived.Payload, reading.Version, reading.Problems, now);
            return;
        }

        // An envelope that cannot be read to the end has no body to hash; then its octets stand for it.
        var reference = reading.Document?.Reference ??
            new DocumentReference(reading.Version.Epoch, reading.Version.Revision, DesiredDocument.Hash(arrived.Payload.Span));
        Offered(new Offer(reference, reading.Document, reading.Problems, unsigned, arrived.Wall), arrived.Payload, now);
    }

    private void Offered(Offer offer, ReadOnlyMemory<byte> payload, Instant now)
    {
        var version = offer.Reference.Version;
        var newest = _waiting?.Reference ?? _memory.Newest;
        if (newest is not null && version < newest.Version)
        {
            Discard(DiscardCause.Older, payload, version, [new ReportedProblem("$", $"is {version}; this box has taken up {newest.Version}.")], now);
            return;
        }

        if (newest is not null && version == newest.Version)
        {
            if (offer.Reference != newest)
            {
                Discard(DiscardCause.Conflicting, payload, version,
                    [new ReportedProblem("$", $"is {version} again with another body; a changed document needs a new revision.")], now);
                return;
            }

            // The same once more: a retained message comes with every connection. One that a restart interrupted
            // before anything changed, or that older software refused, is taken up again, once.
            if (_judged) return;
        }

        _waiting = offer;
    }

    /// <summary>Why this box may not take a document that is its own and new; empty if it may.</summary>
    private List<ReportedProblem> Obstacles(Offer offer)
    {
        List<ReportedProblem> problems = [.. offer.Problems];
        if (offer.Document is not { } document) return problems;
        if (document.Schema > _settings.Schema)
            problems.Add(new ReportedProblem("$.schema", $"is {document.Schema}; this box reads schemas 1 to {_settings.Schema}."));
        // A clock that stood still in a power cut is early: it is at least as late as the newest document was issued.
        var latest = _memory.IssuedAt is { } issued && issued > offer.Wall ? issued : offer.Wall;
        if (document.NotAfter is { } notAfter && notAfter < latest)
            problems.Add(new ReportedProblem("$.notAfter", $"is {notAfter:O}; it is {latest:O} now."));
        return problems;
    }

    private void Discard(DiscardCause cause, ReadOnlyMemory<byte> payload, DocumentVersion version, IReadOnlyList<ReportedProblem> problems, Instant now)
    {
        _discarded = new DiscardedMessage((_discarded?.Count ?? 0) + 1, cause, problems, payload.IsEmpty ? null : DesiredDocument.Hash(payload.Span));
        _outputs.Enqueue(new TwinOutput.Discard(cause, version, problems));
        ReportSoon(now);
    }

    /// <summary>A document that is this box's own and new, or the part of one that could be read.</summary>
    private sealed record Offer(
        DocumentReference Reference, DesiredDocument? Document, IReadOnlyList<ReportedProblem> Problems, bool Unsigned, DateTimeOffset Wall);
}
