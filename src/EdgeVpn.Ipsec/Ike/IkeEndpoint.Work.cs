using EdgeVpn.Ipsec.Crypto;
using EdgeVpn.Ipsec.Ike.Errands;

namespace EdgeVpn.Ipsec.Ike;

/// <summary>Work that the shell does: who waits for what.</summary>
public sealed partial class IkeEndpoint
{
    private readonly Dictionary<WorkId, (IkeSa Sa, Errand Errand)> _errands = [];

    /// <summary>Pieces of work that SAs wait for.</summary>
    internal int WorkAway => _errands.Count;

    /// <summary>Whether the shell computes the shared secrets of this method.</summary>
    internal bool Defers(IKeyExchange method) => Options.DefersAgreements && method.IsSlow;

    internal void Send(IkeSa sa, Errand errand)
    {
        errand.Work = new WorkId(++_lastId);
        _errands.Add(errand.Work, (sa, errand));
        Emit(errand.Ask(sa));
    }

    /// <summary>Nobody waits for it any more.</summary>
    internal void Recall(Errand errand)
    {
        _errands.Remove(errand.Work);
        errand.Dispose();
    }

    private void Return(IkeInput.Returned returned, Instant now)
    {
        if (!_errands.TryGetValue(returned.Work, out var away))
        {
            Counters.UnwantedWork++;
            returned.Drop();
            return;
        }

        var (sa, errand) = away;
        if (returned is IkeInput.WorkFailed failed)
        {
            sa.Closed(failed.Reason, now);
        }
        else if (errand.TryTake(returned))
        {
            _errands.Remove(returned.Work);
            sa.Returned(errand, now);
        }
        else
        {
            Counters.UnwantedWork++; // an answer to another question: the true one may still come
            returned.Drop();
        }

        Touch(sa);
    }
}
