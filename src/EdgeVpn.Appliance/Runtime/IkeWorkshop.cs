using EdgeVpn.Appliance.Pki;
using EdgeVpn.Ipsec.Ike;

namespace EdgeVpn.Appliance.Runtime;

/// <summary>Does what would hold up the IKE thread: slow agreements, signatures, certificates. Results return to the loop.</summary>
public sealed class IkeWorkshop : IDisposable
{
    /// <summary>More than there can be half-open SAs, so that strangers alone cannot fill it.</summary>
    private const int MaxWaiting = 2_048;

    /// <summary>One computes while the other is held up; more would only take the data plane's processors.</summary>
    private const int Threads = 2;

    /// <summary>Judging a peer may wait for revocation lists: a slow authority holds up its own branches only.</summary>
    private const int Judges = 4;

    private const int MaxJudgements = 512;

    private readonly Action<IkeInput.Returned> _return;
    private readonly PkiDesk _pki;
    private readonly WorkQueue _computations = new("ike-work", Threads, MaxWaiting);
    private readonly WorkQueue _judgements = new("ike-pki", Judges, MaxJudgements);
    private long _refused;

    public IkeWorkshop(PkiDesk pki, Action<IkeInput.Returned> giveBack) => (_pki, _return) = (pki, giveBack);

    /// <summary>Pieces that wait for a thread.</summary>
    public int Waiting => _computations.Waiting + _judgements.Waiting;

    /// <summary>Pieces that were turned away because too much waited.</summary>
    public long Refused => Volatile.Read(ref _refused);

    /// <summary>Takes a piece of work; the IKE thread.</summary>
    public void Take(IkeOutput output)
    {
        var (work, queued) = output switch
        {
            IkeOutput.Agree agree => (agree.Work, _computations.TryAdd(() => _return(new IkeInput.Agreed(agree.Work, agree.Agreement.Compute())))),
            IkeOutput.Sign sign => (sign.Work, _computations.TryAdd(() => _return(_pki.Sign(sign)))),
            IkeOutput.VerifyPeer verify => (verify.Work, _judgements.TryAdd(() => _return(_pki.Verify(verify)))),
            IkeOutput.SpeakTls speak => (speak.Work, _judgements.TryAdd(() => _return(_pki.Speak(speak)))),
            _ => throw new ArgumentOutOfRangeException(nameof(output)),
        };
        if (queued) return;
        Interlocked.Increment(ref _refused);
        _return(new IkeInput.WorkFailed(work, new CloseReason(CloseCause.LocalFailure, Detail: "too many handshakes wait to be worked out")));
    }

    /// <summary>Does something that nobody waits for.</summary>
    /// <returns>False if too much waits.</returns>
    public bool TryRun(Action piece) => _computations.TryAdd(piece);

    public void Dispose()
    {
        _computations.Dispose();
        _judgements.Dispose();
    }
}
