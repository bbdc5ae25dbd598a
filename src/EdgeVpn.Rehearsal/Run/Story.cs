using EdgeVpn.Ipsec;
using EdgeVpn.Ipsec.Ike;
using EdgeVpn.Ipsec.Wire.Payloads;
using EdgeVpn.Ipsec.Wire.Registry;
using EdgeVpn.Model.Reasons;
using EdgeVpn.Rehearsal.Proposals;

namespace EdgeVpn.Rehearsal.Run;

/// <summary>Watches a stage, does for the box what its connection manager would, and writes down what happens as the box sees it.</summary>
internal sealed class Story
{
    public const string Box = "box";
    public const string Azure = "azure";

    private readonly Stage _stage;
    private readonly BoxPart _part;
    private readonly BoxHabits _habits;
    private readonly Instant _begun;
    private readonly HashSet<ChildSaId> _children = [];
    private readonly List<SceneEvent> _timeline = [];
    private string _asks = Box;
    private int _failures;
    private int _endpoint;

    public Story(Stage stage, BoxPart part, BoxHabits habits)
    {
        (_stage, _part, _habits, _begun) = (stage, part, habits, stage.Now);
    }

    public IReadOnlyList<SceneEvent> Timeline => _timeline;

    /// <summary>When the first child SA came up; null until then.</summary>
    public Instant? EstablishedAt { get; private set; }

    /// <summary>A tunnel is up now.</summary>
    public bool IsUp => _children.Count > 0;

    public void BoxCalls() => _stage.Box.Call = (_stage.Now, _part.Endpoints[_endpoint].Remote);

    public void AzureCalls(IpAddress box)
    {
        _asks = Azure;
        _stage.Gateways[0].Call = (_stage.Now, box);
    }

    public void RunFor(TimeSpan span) => _stage.RunUntil(_stage.Now + span, On);

    public void Tell(SceneEventKind kind, string text) => Add(kind, null, text);

    private void On(StageEnd end, IkeOutput output)
    {
        if (end != _stage.Box)
        {
            // Of an IKE rekey that the box refuses only the other end is told.
            if (output is IkeOutput.IkeRekeyFailed theirs) Add(SceneEventKind.IkeReplacementRefused, Azure, Why(theirs.Reason), ReasonCode.RekeyRefused);
            return;
        }

        switch (output)
        {
            case IkeOutput.MessageSeen { IsResponse: false, Exchange: ExchangeType.IkeSaInit or ExchangeType.CreateChildSa } seen:
                _asks = seen.Sent ? Box : Azure;
                break;
            case IkeOutput.IkeSaEstablished up:
                Add(
                    up.Replaces is null ? SceneEventKind.IkeUp : SceneEventKind.IkeReplaced, _asks,
                    $"IKE SA {SuiteText.Of(up.Suite)}" + (up.Nat == NatSituation.None ? "" : ", in UDP 4500 behind a NAT"));
                break;
            case IkeOutput.InstallChildSa install:
                OnInstall(install);
                break;
            case IkeOutput.RemoveChildSa remove:
                OnRemove(remove);
                break;
            case IkeOutput.ChildSaFailed failed:
                Add(
                    failed.Rekeying is null ? SceneEventKind.ChildRefused : SceneEventKind.ChildReplacementRefused, _asks, Why(failed.Reason),
                    failed.Rekeying is null ? _habits.ReasonOf(failed.Reason.Cause) : ReasonCode.RekeyRefused);
                break;
            case IkeOutput.IkeRekeyFailed failed:
                Add(SceneEventKind.IkeReplacementRefused, Box, Why(failed.Reason), ReasonCode.RekeyRefused);
                break;
            case IkeOutput.AttemptRefused refused:
                Add(SceneEventKind.CallRefused, Azure, Why(refused.Reason), _habits.ReasonOf(refused.Reason.Cause));
                break;
            case IkeOutput.IkeSaClosed closed:
                OnClosed(closed);
                break;
        }
    }

    private void OnInstall(IkeOutput.InstallChildSa install)
    {
        _children.Add(install.Child);
        _failures = 0;
        _stage.Box.Call = null;
        EstablishedAt ??= _stage.Now;
        var pfs = _stage.Box.Endpoint.Status().SelectMany(static sa => sa.Children).FirstOrDefault(child => child.Id == install.Child)?.KeyExchange ?? KeyExchangeMethod.None;
        var text = $"child SA {SuiteText.Of(install.Inbound.Suite, pfs, install.Inbound.ExtendedSequenceNumbers)}";
        if (install.Replaces is null) Add(SceneEventKind.ChildUp, _asks, $"{text}, {Networks(install.LocalSelectors)} <-> {Networks(install.RemoteSelectors)}");
        else Add(SceneEventKind.ChildReplaced, _asks, text + (pfs == KeyExchangeMethod.None ? ", without PFS" : ", with PFS"));
    }

    private void OnRemove(IkeOutput.RemoveChildSa remove)
    {
        _children.Remove(remove.Child);
        if (_children.Count > 0) return;
        Add(SceneEventKind.ChildDown, null, $"no child SA is left: {Words(remove.Reason)}", _habits.ReasonOf(remove.Reason.Cause));
        CallAgain(0);
    }

    private void OnClosed(IkeOutput.IkeSaClosed closed)
    {
        var cause = closed.Reason.Cause;
        if (cause is CloseCause.Rekeyed or CloseCause.Redundant) return;
        var reason = _habits.ReasonOf(cause);
        Add(closed.WasEstablished ? SceneEventKind.IkeDown : SceneEventKind.CallRefused, closed.WasEstablished ? null : _asks, Why(closed.Reason), reason);
        if (_children.Count > 0) return;
        if (closed.WasEstablished && reason is { Severity: not ReasonSeverity.Refusal } || cause is CloseCause.LocalRequest or CloseCause.Superseded) CallAgain(0);
        else Failed();
    }

    /// <summary>As the box does: the next endpoint, later each time.</summary>
    private void Failed()
    {
        _failures++;
        _endpoint = (_endpoint + 1) % _part.Endpoints.Length;
        _stage.Box.Configure(_part.Endpoints[_endpoint].Connection, _stage.Now);
        CallAgain(_failures);
    }

    private void CallAgain(int failures)
    {
        if (_stage.Box.Connection.MayInitiate)
            _stage.Box.Call = (_stage.Now + _habits.Backoff(failures, _stage.Box.Entropy), _part.Endpoints[_endpoint].Remote);
    }

    private string Why(CloseReason reason)
    {
        var known = _habits.ReasonOf(reason.Cause) is { } named ? $" ({named.Digits} {named.Name})" : "";
        return $"{Words(reason)}{known}";
    }

    /// <summary>The peer's or our own word for it. What was offered is in the log of a real box; here both ends' lists are at hand.</summary>
    private static string Words(CloseReason reason)
    {
        var isAboutProposals = reason.Cause is CloseCause.NoIkeProposalChosen or CloseCause.NoEspProposalChosen;
        var name = isAboutProposals ? nameof(NotifyType.NoProposalChosen) : reason.Notify?.ToString() ?? reason.Cause.ToString();
        var words = string.Concat(name.Select(static (c, i) => char.IsUpper(c) && i > 0 ? $" {char.ToLowerInvariant(c)}" : $"{char.ToLowerInvariant(c)}"));
        return isAboutProposals || reason.Detail is null ? words : $"{words}, {reason.Detail}";
    }

    private void Add(SceneEventKind kind, string? by, string text, Reason? reason = null)
    {
        var what = new SceneEvent(_stage.Now - (EstablishedAt ?? _begun), EstablishedAt is not null, kind, by, text, reason?.Name, reason?.Digits);
        var same = _timeline.FindLastIndex(e => e.Kind == kind && e.By == by && e.Text == text);
        if (IsRefusal(kind) && same >= 0 && _timeline.Skip(same).All(static e => IsRefusal(e.Kind))) _timeline[same] = _timeline[same] with { Times = _timeline[same].Times + 1 };
        else _timeline.Add(what);
    }

    private static bool IsRefusal(SceneEventKind kind) =>
        kind is SceneEventKind.ChildReplacementRefused or SceneEventKind.IkeReplacementRefused or SceneEventKind.ChildRefused or SceneEventKind.CallRefused;

    /// <summary>As people write networks: <c>0.0.0.0/0</c>; a range that is none as it is.</summary>
    private static string Networks(IEnumerable<TrafficSelector> selectors) => string.Join(' ', selectors.Select(static s =>
    {
        var width = s.IsIPv6 ? 128 : 32;
        var different = s.Start.Value ^ s.End.Value;
        var prefix = width - (int)(UInt128.Log2(different == 0 ? 1 : different) + (different == 0 ? 0u : 1u));
        return s.IpProtocol == 0 && TrafficSelector.Prefix(s.Start, prefix) == s ? $"{s.Start}/{prefix}" : s.ToString();
    }));
}
