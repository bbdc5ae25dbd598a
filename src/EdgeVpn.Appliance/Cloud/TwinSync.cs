using EdgeVpn.Ipsec;
using EdgeVpn.Model.Twin;

namespace EdgeVpn.Appliance.Cloud;

/// <summary>A box's side of the twin, as a state machine: which document it takes up, and how far each one came.</summary>
/// <remarks>
/// No socket, file, clock or task: inputs and instants in, outputs and one deadline out. One thread at a time.
/// <code>
/// Resting ── document ─┬─────────────────► Staging ──► Applying ──► Trial ──► Committing ──► Resting (confirmed)
///    ▲                 └──► Fetching ────►    │           │           │
///    └── refused ◄─────────────┴──────────────┘           └──► Reverting ──► Resting (reverted)
/// </code>
/// While one document is under way the newest of those that arrive waits; a document overtaken there is never started. One whose body is still being
/// fetched gives way at once.
/// </remarks>
public sealed partial class TwinSync
{
    private readonly TwinIdentity _identity;
    private readonly TwinSettings _settings;
    private readonly IDesiredVerifier _verifier;
    private readonly Queue<TwinOutput> _outputs = new();

    private TwinMemory _memory;
    private DocumentState _state;
    private DocumentReference? _inForce;
    private Offer? _waiting;
    private BoxReport _box = BoxReport.Unknown;
    private DiscardedMessage? _discarded;
    private bool _connected;
    private bool _unsigned;
    private string? _unverified;
    private bool _judged;
    private int _problemsOmitted;
    private long _reports;
    private bool _reportDue;
    private Instant _lastReport;

    /// <param name="identity">Whose documents are taken.</param>
    /// <param name="verifier">Whose word is taken.</param>
    /// <param name="settings">Limits.</param>
    /// <param name="memory">What <see cref="TwinOutput.Store"/> wrote last; <see cref="TwinMemory.Empty"/> at the first start.</param>
    /// <param name="inForce">The confirmed document on disk that the box started from; null if its configuration came from elsewhere.</param>
    public TwinSync(TwinIdentity identity, IDesiredVerifier verifier, TwinSettings settings, TwinMemory memory, DocumentReference? inForce)
    {
        _identity = identity;
        _verifier = verifier;
        _settings = settings;
        _inForce = inForce;
        _memory = Recover(memory, inForce);
        _state = _memory.State;
        // What was refused may be taken by newer software; what was reverted or confirmed is done with.
        _judged = _memory.State is DocumentState.Confirmed or DocumentState.Reverted;
        if (_memory == memory) return;
        _outputs.Enqueue(new TwinOutput.Store(_memory));
        Changed();
    }

    public TwinState State { get; private set; } = new TwinState.Resting();

    /// <summary>The newest document taken up; null before the first.</summary>
    public DocumentReference? Newest => _memory.Newest;

    /// <summary>How far <see cref="Newest"/> came.</summary>
    public DocumentState NewestState => _state;

    /// <summary>The confirmed document on disk.</summary>
    public DocumentReference? InForce => _inForce;

    /// <summary>Why <see cref="Newest"/> was refused or taken back, with the first of its problems, or why the last message was not even looked at; null: neither.</summary>
    public ReportedReason? Objection => _unverified is { } untrusted ? TwinReasons.SignatureRefused(untrusted)
        : _state is not (DocumentState.Refused or DocumentState.Reverted) ? null
        : _memory is { State: DocumentState.Refused, Reason: { } bare, Problems: { Count: > 0 } problems }
            ? bare with { Detail = $"{problems[0].Path}: {problems[0].Message}{(problems.Count == 1 ? "" : $" And {problems.Count - 1} more.")}" }
        : _memory.Reason;

    /// <summary>Documents are taken unsigned here.</summary>
    public bool Insecure => _unsigned;

    /// <summary>When <see cref="Advance"/> has something to do; null if only an input can change anything.</summary>
    public Instant? NextDeadline
    {
        get
        {
            Instant? trial = State switch { TwinState.Trial t => t.Deadline, TwinState.Fetching f => f.Deadline, _ => null };
            Instant? report = _reportDue && _connected ? _lastReport + _settings.ReportInterval : null;
            return trial is null ? report : report is null ? trial : Instant.Min(trial.Value, report.Value);
        }
    }

    public bool TryTake([System.Diagnostics.CodeAnalysis.NotNullWhen(true)] out TwinOutput? output) => _outputs.TryDequeue(out output);

    /// <summary>Late, early and spurious calls are harmless.</summary>
    public void Advance(Instant now)
    {
        if (State is TwinState.Trial trial && now >= trial.Deadline)
            Revert(trial.Document, TwinReasons.Reverted(Unreached(trial)), []);
        else if (State is TwinState.Fetching fetching && now >= fetching.Deadline)
            Late(fetching, now);
        if (_reportDue && _connected && now >= _lastReport + _settings.ReportInterval) Report(now);
        if (State is not (TwinState.Resting or TwinState.Fetching) || _waiting is not { } offer) return;
        _waiting = null;
        if (State is TwinState.Fetching) _outputs.Enqueue(new TwinOutput.Ask(null));
        State = new TwinState.Resting();
        TakeUp(offer, now);
    }

    public void Handle(TwinInput input, Instant now)
    {
        switch (input)
        {
            case TwinInput.Connected:
                _connected = true;
                Report(now);
                if (State is TwinState.Fetching asked) Ask(asked, now);
                break;
            case TwinInput.Disconnected:
                _connected = false;
                if (State is TwinState.Fetching left) Suspend(left, now);
                break;
            case TwinInput.PieceArrived piece when State is TwinState.Fetching s:
                Arrived(s, piece, now);
                break;
            case TwinInput.PieceDenied denied when State is TwinState.Fetching s:
                Denied(s, denied, now);
                break;
            case TwinInput.BoxChanged changed when !changed.Report.SaysTheSameAs(_box):
                _box = changed.Report;
                ReportSoon(now);
                break;
            case TwinInput.BoxChanged:
                break;
            case TwinInput.DocumentArrived arrived:
                Arrived(arrived, now);
                break;
            case TwinInput.Staged staged when State is TwinState.Staging s && s.Document.Version == staged.Version:
                Became(DocumentState.Staged, now);
                // Written before the first change, so that a power cut from here on is known for what it was.
                _memory = _memory with { State = DocumentState.Applied };
                _outputs.Enqueue(new TwinOutput.Store(_memory));
                State = new TwinState.Applying(s.Document);
                _outputs.Enqueue(new TwinOutput.Apply(s.Document.Version));
                break;
            case TwinInput.Applied applied when State is TwinState.Applying s && s.Document.Version == applied.Version:
                Became(DocumentState.Applied, now);
                State = new TwinState.Trial(s.Document, now + (applied.CommitConfirm ?? _settings.CommitConfirm), _reports, TunnelsReached: false, BrokerReached: !applied.KeepsBroker);
                _outputs.Enqueue(new TwinOutput.Probe(s.Document.Version));
                break;
            case TwinInput.Reached reached when State is TwinState.Trial t && t.Document.Version == reached.Version:
                Tried(t with { TunnelsReached = true });
                break;
            case TwinInput.ReportDelivered delivered when State is TwinState.Trial t && delivered.Number >= t.Report:
                Tried(t with { BrokerReached = true });
                break;
            case TwinInput.Failed failed:
                Failed(failed, now);
                break;
            case TwinInput.Committed committed when State is TwinState.Committing s && s.Document.Version == committed.Version:
                _inForce = s.Document.Reference;
                Settled(DocumentState.Confirmed, null, [], now);
                break;
            case TwinInput.Reverted reverted when State is TwinState.Reverting s && s.Document.Version == reverted.Version:
                Settled(DocumentState.Reverted, s.Reason, s.Problems, now);
                break;
            case TwinInput.PieceArrived or TwinInput.PieceDenied or TwinInput.Staged or TwinInput.Applied or TwinInput.Reached or TwinInput.ReportDelivered or TwinInput.Committed or TwinInput.Reverted:
                break; // An answer about something that is over.
            default:
                throw new ArgumentOutOfRangeException(nameof(input), input, "Not an input of the twin.");
        }

        Advance(now);
    }

    private static TwinMemory Recover(TwinMemory memory, DocumentReference? inForce)
    {
        // What is on disk as confirmed decides: a power cut may have come between it and the note about it, and a note may be lost.
        if (inForce is not null && (memory.Newest is null || inForce == memory.Newest || inForce.Version > memory.Newest.Version))
        {
            return memory.Newest == inForce && memory.State == DocumentState.Confirmed
                ? memory
                : memory with { Newest = inForce, State = DocumentState.Confirmed, Reason = null, Problems = null };
        }

        return memory.State switch
        {
            DocumentState.Applied => memory with { State = DocumentState.Reverted, Reason = TwinReasons.Reverted("The box restarted before the document was confirmed.") },
            DocumentState.Confirmed => memory with { State = DocumentState.Reverted, Reason = TwinReasons.Reverted("The box starts from another configuration.") },
            _ => memory,
        };
    }

    private static string Unreached(TwinState.Trial trial) => (trial.TunnelsReached, trial.BrokerReached) switch
    {
        (false, false) => "Neither its tunnels nor the broker were reached in time.",
        (false, true) => "Its tunnels were not reached in time.",
        _ => "The broker was not reached in time.",
    };

    private void Tried(TwinState.Trial trial)
    {
        State = trial;
        if (!trial.TunnelsReached || !trial.BrokerReached) return;
        State = new TwinState.Committing(trial.Document);
        _outputs.Enqueue(new TwinOutput.Commit(trial.Document.Version));
    }

    private void Failed(TwinInput.Failed failed, Instant now)
    {
        switch (State)
        {
            case TwinState.Staging s when s.Document.Version == failed.Version:
                Settled(DocumentState.Refused, failed.Reason, failed.Problems, now);
                break;
            case TwinState.Applying s when s.Document.Version == failed.Version:
                Revert(s.Document, failed.Reason, failed.Problems);
                break;
            case TwinState.Trial s when s.Document.Version == failed.Version:
                Revert(s.Document, failed.Reason, failed.Problems);
                break;
            default:
                break; // An answer about something that is over.
        }
    }

    private void Revert(DesiredDocument document, ReportedReason reason, IReadOnlyList<ReportedProblem> problems)
    {
        State = new TwinState.Reverting(document, reason, problems);
        _outputs.Enqueue(new TwinOutput.Revert(document.Version, reason));
    }

    private void TakeUp(Offer offer, Instant now)
    {
        var problems = Obstacles(offer);
        var latest = offer.Document?.IssuedAt;
        if (_memory.IssuedAt is { } before && (latest is null || before > latest)) latest = before;
        _memory = new TwinMemory(offer.Reference, DocumentState.Received, IssuedAt: latest);
        _judged = true;
        _unsigned = offer.Unsigned;
        if (offer.Document is not { } document || problems.Count > 0)
        {
            Settled(DocumentState.Refused, TwinReasons.Refused(), problems, now);
            return;
        }

        _outputs.Enqueue(new TwinOutput.Store(_memory));
        Became(DocumentState.Received, now);
        if (document.ByReference is { } body)
        {
            Fetch(document, body, now);
            return;
        }

        State = new TwinState.Staging(document);
        _outputs.Enqueue(new TwinOutput.Stage(document));
    }

    /// <summary>The end of a document's way: written down, then told.</summary>
    private void Settled(DocumentState state, ReportedReason? reason, IReadOnlyList<ReportedProblem> problems, Instant now)
    {
        _memory = _memory with { State = state, Reason = reason, Problems = problems.Count == 0 ? null : [.. problems.Take(TwinLimits.MaxProblems)] };
        _outputs.Enqueue(new TwinOutput.Store(_memory));
        State = new TwinState.Resting();
        _problemsOmitted = Math.Max(0, problems.Count - TwinLimits.MaxProblems);
        Became(state, now);
    }

    private void Became(DocumentState state, Instant now)
    {
        _state = state;
        Changed();
        Report(now);
    }

    private void Changed() => _outputs.Enqueue(new TwinOutput.Changed(_memory.Newest!.Version, _state, _memory.Reason));

    private void ReportSoon(Instant now)
    {
        _reportDue = true;
        if (_connected && now >= _lastReport + _settings.ReportInterval) Report(now);
    }

    private void Report(Instant now)
    {
        // Counted also when nobody can take it: what is delivered later is newer than what happened now.
        _reports++;
        if (!_connected) return;
        _reportDue = false;
        _lastReport = now;
        var report = new ReportedDocument
        {
            Epoch = _memory.Newest?.Epoch ?? 0,
            Revision = _memory.Newest?.Revision ?? 0,
            Sha256 = _memory.Newest?.Sha256,
            State = _state,
            Reason = _memory.Reason,
            Problems = _memory.Problems ?? [],
            ProblemsOmitted = _state == DocumentState.Refused || _state == DocumentState.Reverted ? _problemsOmitted : 0,
            InForce = _inForce,
            Discarded = _discarded,
            Insecure = _unsigned,
            Health = _box.Health,
            Versions = _box.Versions ?? new ReportedVersions("", _settings.Schema),
            Capabilities = _box.Capabilities,
            Lights = _box.Lights,
            Connections = _box.Connections,
        };
        _outputs.Enqueue(new TwinOutput.Publish(report.Bounded(), _reports));
    }
}
