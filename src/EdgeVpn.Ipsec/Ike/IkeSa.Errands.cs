using System.Collections.Immutable;
using EdgeVpn.Ipsec.Crypto;
using EdgeVpn.Ipsec.Ike.Errands;
using EdgeVpn.Ipsec.Ike.Exchanges;
using EdgeVpn.Ipsec.Wire;
using EdgeVpn.Ipsec.Wire.Payloads;
using EdgeVpn.Ipsec.Wire.Registry;

namespace EdgeVpn.Ipsec.Ike;

/// <summary>Waiting for the shell: a message whose handling needs slow work counts as not yet arrived until that is done.</summary>
internal sealed partial class IkeSa
{
    /// <summary>A shell that says nothing for so long has lost the work: longer than any chain with its revocation lists may take.</summary>
    private static readonly TimeSpan WorkPatience = TimeSpan.FromSeconds(30);

    private readonly List<Errand> _away = [];
    private AnswerErrands? _forAnswer;
    private WaitingMessage? _waitingRequest;
    private WaitingMessage? _waitingResponse;
    private LaterKeys? _laterKeys;

    /// <summary>What the answer being made needs from the shell.</summary>
    public AnswerErrands ForAnswer => _forAnswer ??= new AnswerErrands(this);

    /// <summary>The hashes that the peer announced in IKE_SA_INIT; empty if it does not know RFC 7427.</summary>
    public ImmutableArray<SignatureHashAlgorithm> PeerHashes { get; set; } = [];

    /// <summary>Sends an errand unless it was sent already.</summary>
    /// <returns>Whether its result is here.</returns>
    public bool IsBack(Errand errand, Instant now)
    {
        if (errand.IsBack || _away.Contains(errand)) return errand.IsBack;
        _away.Add(errand);
        Endpoint.Send(this, errand);
        if (!Timers.IsRunning(IkeTimer.Work)) Timers.Set(IkeTimer.Work, now + WorkPatience);
        return false;
    }

    /// <summary>As responder with a slow group: the keys are made once the peer speaks again.</summary>
    public void SetKeysLater(LaterKeys keys) => _laterKeys = keys;

    /// <summary>An errand came back: what waited for it goes on.</summary>
    public void Returned(Errand errand, Instant now)
    {
        _away.Remove(errand);
        if (_away.Count == 0) Timers.Stop(IkeTimer.Work);
        if (_laterKeys is { } later && later.Agreement == errand)
        {
            MakeKeys(later, now);
            return;
        }

        if (_waitingResponse is { } response) Take(response, now);
        if (_waitingRequest is { } request) Answer(request, now);
        Pump(now);
    }

    /// <summary>Keeps a message that comes before the keys; the first one starts the agreement.</summary>
    private void WaitForKeys(LaterKeys later, ReadOnlySpan<byte> datagram, Path path, Instant now)
    {
        later.Keep(datagram, path);
        IsBack(later.Agreement, now);
    }

    private void MakeKeys(LaterKeys later, Instant now)
    {
        _laterKeys = null;
        using var shared = later.Agreement.TakeShared();
        if (shared is null)
        {
            Endpoint.Counters.MalformedMessages++;
            Closed(new CloseReason(CloseCause.InvalidKeyExchange, Detail: $"the peer's public value for {later.Suite.KeyExchange} is not valid"), now);
            return;
        }

        var prf = Endpoint.Algorithms.Prf(later.Suite.Prf)!;
        SetKeys(later.Suite, prf, IkeKeys.Derive(prf, later.Suite, shared, later.Ni, later.Nr, InitiatorSpi, ResponderSpi));
        foreach (var (datagram, path) in later.Waiting)
        {
            if (IkeHeader.TryRead(datagram, out var header) == WireError.None) Receive(header, datagram, path, now);
        }
    }

    /// <summary>Nothing is waited for any more: what was asked is recalled, what was kept is dropped, secrets are zeroed.</summary>
    private void RecallErrands()
    {
        foreach (var errand in _away) Endpoint.Recall(errand);
        _away.Clear();
        _forAnswer?.Dispose();
        _laterKeys?.Dispose();
        (_forAnswer, _laterKeys, _waitingRequest, _waitingResponse) = (null, null, null, null);
    }

    /// <summary>A message at the door: authentic and read.</summary>
    private sealed record WaitingMessage(IkeHeader Header, byte[] Datagram, PayloadList Payloads, Path Path);
}
