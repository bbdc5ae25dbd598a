namespace EdgeVpn.Ipsec.Crypto;

/// <summary>Our private value and the peer's public one, brought together by whoever has the time: the slow half of a Diffie-Hellman exchange.</summary>
/// <remarks>Made on the engine's thread, computed once on any other. The private value is zeroed after the computation, or when the engine gives it up before.</remarks>
public sealed class KeyAgreement : IDisposable
{
    private const int Fresh = 0;
    private const int Taken = 1;
    private readonly IKeyExchangeInitiation _ours;
    private readonly byte[] _peer;
    private int _state = Fresh;

    internal KeyAgreement(IKeyExchangeInitiation ours, ReadOnlySpan<byte> peer)
    {
        _ours = ours;
        _peer = peer.ToArray();
    }

    /// <summary>The shared secret, which the caller owns; null if the peer's value must be refused (RFC 6989), or the engine gave it up.</summary>
    public Secret? Compute()
    {
        if (Interlocked.Exchange(ref _state, Taken) != Fresh) return null;
        using (_ours) return _ours.TryFinish(_peer, out var shared) ? shared : null;
    }

    /// <summary>Not wanted any more. While it is being computed, the one who computes cleans up.</summary>
    public void Dispose()
    {
        if (Interlocked.Exchange(ref _state, Taken) == Fresh) _ours.Dispose();
    }
}
