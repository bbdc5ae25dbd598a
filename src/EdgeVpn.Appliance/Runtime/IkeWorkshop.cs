using EdgeVpn.Ipsec.Ike;

namespace EdgeVpn.Appliance.Runtime;

/// <summary>Does what would hold up the IKE thread: slow agreements. Results return to the loop.</summary>
public sealed class IkeWorkshop : IDisposable
{
    /// <summary>More than there can be half-open SAs, so that strangers alone cannot fill it.</summary>
    private const int MaxWaiting = 2_048;

    /// <summary>One computes while the other is held up; more would only take the data plane's processors.</summary>
    private const int Threads = 2;

    private readonly Action<IkeInput.Returned> _return;
    private readonly WorkQueue _computations = new("ike-work", Threads, MaxWaiting);
    private long _refused;

    public IkeWorkshop(Action<IkeInput.Returned> giveBack) => _return = giveBack;

    /// <summary>Pieces that wait for a thread.</summary>
    public int Waiting => _computations.Waiting;

    /// <summary>Pieces that were turned away because too much waited.</summary>
    public long Refused => Volatile.Read(ref _refused);

    /// <summary>Takes a piece of work; the IKE thread.</summary>
    public void Take(IkeOutput output)
    {
        var (work, queued) = output switch
        {
            IkeOutput.Agree agree => (agree.Work, _computations.TryAdd(() => _return(new IkeInput.Agreed(agree.Work, agree.Agreement.Compute())))),
            IkeOutput.Sign sign => (sign.Work, false),
            IkeOutput.VerifyPeer verify => (verify.Work, false),
            _ => throw new ArgumentOutOfRangeException(nameof(output)),
        };
        if (queued) return;
        Interlocked.Increment(ref _refused);
        _return(new IkeInput.WorkFailed(work, new CloseReason(CloseCause.LocalFailure, Detail: "too many handshakes wait to be worked out")));
    }

    public void Dispose() => _computations.Dispose();
}
