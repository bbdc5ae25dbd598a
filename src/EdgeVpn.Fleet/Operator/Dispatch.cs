using EdgeVpn.Model.Twin;

namespace EdgeVpn.Fleet.Operator;

/// <summary>A document as it goes out: the message on <c>desired</c>, and before it the pieces of a body that is too large for one.</summary>
public sealed class Dispatch
{
    private readonly DesiredDocument _document;
    private readonly BodyReference? _elsewhere;

    private Dispatch(DesiredDocument document, byte[] payload, BodyReference? elsewhere) => (_document, Payload, _elsewhere, Reference) = (document, payload, elsewhere, document.Reference);

    /// <summary>What the box will call it.</summary>
    public DocumentReference Reference { get; }

    /// <summary>The message on <c>desired</c>.</summary>
    public byte[] Payload { get; }

    /// <param name="document">With its body, secrets sealed.</param>
    /// <param name="signer">Signs the message.</param>
    public static Dispatch Of(DesiredDocument document, DocumentSigner signer)
    {
        var payload = signer.Payload(document);
        if (payload.Length <= TwinLimits.MaxDesiredOctets) return new Dispatch(document, payload, null);
        var elsewhere = BodyReference.To(document.Body.Span);
        return new Dispatch(document, signer.Payload(document.Referring(elsewhere)), elsewhere);
    }

    /// <summary>Why the box would not take it; null if it would, or never said what it can do.</summary>
    public string? ProblemFor(ReportedDocument? report)
    {
        if (_elsewhere is null) return null;
        if (_elsewhere.Octets > TwinLimits.MaxBodyOctets) return $"its configuration has {_elsewhere.Octets} octets, secrets sealed; a box takes at most {TwinLimits.MaxBodyOctets}";
        return report?.Capabilities is { } can && can.BodyOctets < _elsewhere.Octets
            ? $"its configuration has {_elsewhere.Octets} octets, and its software{(report.Versions is { } runs ? " " + runs.Software : "")} takes {(can.BodyOctets > 0 ? $"{can.BodyOctets} octets" : $"documents of at most {can.DesiredOctets} octets, signed")}"
            : null;
    }

    /// <summary>Publishes it, retained: first the pieces, then the document, and then takes away the pieces of the document before.</summary>
    /// <param name="session">The way to the broker.</param>
    /// <param name="before">What stood on <c>desired</c> until now.</param>
    /// <param name="cancel">Give up.</param>
    /// <exception cref="BrokerException">The broker did not take it. Pieces without their document are harmless, and written over by the next try.</exception>
    public async Task SendAsync(OperatorSession session, DesiredReading? before, CancellationToken cancel)
    {
        var box = _document.Recipient;
        for (var piece = 0; piece < (_elsewhere?.Pieces ?? 0); piece++)
            await session.PublishAsync(Piece(box, _elsewhere!, piece), _elsewhere!.Piece(_document.Body, piece), retain: true, cancel).ConfigureAwait(false);
        await session.PublishAsync(new TwinTopic(box, TwinChannel.Desired), Payload, retain: true, cancel).ConfigureAwait(false);
        if (before?.Document?.ByReference is { } old && old.Sha256 != _elsewhere?.Sha256) await ClearAsync(session, box, old, cancel).ConfigureAwait(false);
    }

    /// <summary>Takes a box's document away, with the pieces of its body.</summary>
    /// <exception cref="BrokerException">The broker did not take it.</exception>
    public static async Task WithdrawAsync(OperatorSession session, TwinIdentity box, DesiredReading? before, CancellationToken cancel)
    {
        await session.PublishAsync(new TwinTopic(box, TwinChannel.Desired), ReadOnlyMemory<byte>.Empty, retain: true, cancel).ConfigureAwait(false);
        if (before?.Document?.ByReference is { } old) await ClearAsync(session, box, old, cancel).ConfigureAwait(false);
    }

    private static async Task ClearAsync(OperatorSession session, TwinIdentity box, BodyReference body, CancellationToken cancel)
    {
        for (var piece = 0; piece < body.Pieces; piece++)
            await session.PublishAsync(Piece(box, body, piece), ReadOnlyMemory<byte>.Empty, retain: true, cancel).ConfigureAwait(false);
    }

    private static TwinTopic Piece(TwinIdentity box, BodyReference body, int piece) => new(box, TwinChannel.Body, body.NameOf(piece));
}
