using EdgeVpn.Ipsec.Crypto;
using EdgeVpn.Ipsec.Wire.Payloads;

namespace EdgeVpn.Ipsec.Ike.Errands;

/// <summary>
/// What the answer to one request of the peer's needs from the shell. The request is answered from the beginning each time something comes back,
/// so that an answer is given in the state of that moment, in one piece.
/// </summary>
internal sealed class AnswerErrands(IkeSa sa) : IDisposable
{
    private AgreeErrand? _agree;
    private SignErrand? _sign;
    private readonly Dictionary<string, VerifyPeerErrand> _verifications = new(StringComparer.Ordinal);

    /// <summary>Answers a KE payload; at once, or for a slow method when the shell has done its part.</summary>
    public KeyAnswer Respond(KePayload ke, Instant now, out byte[]? publicValue, out Secret? shared)
    {
        shared = null;
        publicValue = null;
        var method = sa.Endpoint.Algorithms.KeyExchange(ke.Method)!;
        if (!sa.Endpoint.Defers(method))
            return method.TryRespond(ke.Data, sa.Endpoint.Entropy, out publicValue, out shared) ? KeyAnswer.Agreed : KeyAnswer.Refused;
        _agree ??= AgreeErrand.Of(method.Initiate(sa.Endpoint.Entropy), ke.Data);
        if (!sa.IsBack(_agree, now)) return KeyAnswer.Later;
        publicValue = _agree.PublicValue;
        shared = _agree.TakeShared();
        return shared is null ? KeyAnswer.Refused : KeyAnswer.Agreed;
    }

    /// <summary>Our own signature, wanted once; null if there is none to make.</summary>
    public SignErrand? Signing(Func<SignErrand?> make) => _sign ??= make();

    /// <summary>The verdict on the peer for one connection; null if there is nothing to judge.</summary>
    /// <param name="isLater">It is away.</param>
    public VerifyPeerErrand? Verify(string connection, Func<VerifyPeerErrand?> make, Instant now, out bool isLater)
    {
        isLater = false;
        if (!_verifications.TryGetValue(connection, out var verification))
        {
            if (make() is not { } made) return null;
            _verifications[connection] = verification = made;
        }

        isLater = !sa.IsBack(verification, now);
        return isLater ? null : verification;
    }

    public void Dispose()
    {
        _agree?.Dispose();
        _sign?.Dispose();
        foreach (var verification in _verifications.Values) verification.Dispose();
    }
}

/// <summary>What became of a KE payload.</summary>
internal enum KeyAnswer
{
    /// <summary>The public value is not valid (RFC 6989).</summary>
    Refused = 0,
    Later,
    Agreed,
}
