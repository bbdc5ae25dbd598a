using EdgeVpn.Ipsec;
using EdgeVpn.Model.Twin;

namespace EdgeVpn.Appliance.Cloud;

/// <summary>A body that is not in its document: asked for piece by piece, verified, and only then judged.</summary>
/// <remarks>Nothing of what is in force is touched meanwhile. Only time with a broker counts; a newer document ends it.</remarks>
public sealed partial class TwinSync
{
    private void Fetch(DesiredDocument document, BodyReference body, Instant now)
    {
        var fetching = new TwinState.Fetching(document, body, new BodyAssembly(body), Deadline: null, Left: _settings.FetchTime);
        State = fetching;
        if (_connected) Ask(fetching, now);
    }

    /// <summary>A session began: whatever was asked for in the one before is asked for again.</summary>
    private void Ask(TwinState.Fetching fetching, Instant now)
    {
        State = fetching with { Deadline = now + fetching.Left };
        _outputs.Enqueue(new TwinOutput.Ask(fetching.Pieces.Wanted));
    }

    private void Suspend(TwinState.Fetching fetching, Instant now)
    {
        if (fetching.Deadline is not { } deadline) return;
        var left = deadline - now;
        State = fetching with { Deadline = null, Left = left > TimeSpan.Zero ? left : TimeSpan.Zero };
    }

    private void Arrived(TwinState.Fetching fetching, TwinInput.PieceArrived piece, Instant now)
    {
        if (piece.Name != fetching.Pieces.Wanted) return;
        if (fetching.Pieces.Add(piece.Name, piece.Octets.Span) is { } problem)
        {
            Unfetched(problem, now);
            return;
        }

        _outputs.Enqueue(new TwinOutput.Ask(fetching.Pieces.Wanted));
        if (fetching.Pieces.Wanted is not null) return;
        var document = fetching.Document.With(fetching.Pieces.Body);
        State = new TwinState.Staging(document);
        _outputs.Enqueue(new TwinOutput.Stage(document));
    }

    private void Denied(TwinState.Fetching fetching, TwinInput.PieceDenied denied, Instant now)
    {
        if (denied.Name == fetching.Pieces.Wanted) Unfetched(new ReportedProblem("$.reference", $"the broker does not let this box read its body: {denied.Why}"), now);
    }

    private void Late(TwinState.Fetching fetching, Instant now) => Unfetched(
        new ReportedProblem("$.reference", $"piece {fetching.Pieces.Next + 1} of {fetching.Body.Pieces} of its body did not come within {_settings.FetchTime.TotalSeconds:0} s: the broker keeps none, or does not let this box read it."), now);

    private void Unfetched(ReportedProblem problem, Instant now)
    {
        _outputs.Enqueue(new TwinOutput.Ask(null));
        Settled(DocumentState.Refused, TwinReasons.Refused("Its body was not to be had."), [problem], now);
    }
}
