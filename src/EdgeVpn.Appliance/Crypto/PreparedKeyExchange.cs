using System.Collections.Concurrent;
using System.Diagnostics.CodeAnalysis;
using EdgeVpn.Ipsec;
using EdgeVpn.Ipsec.Crypto;
using EdgeVpn.Ipsec.Wire.Registry;

namespace EdgeVpn.Appliance.Crypto;

/// <summary>A slow method with a few private and public values made beforehand, off the thread that needs them.</summary>
/// <remarks>
/// Each value is used once. Nothing is made before the method was used for the first time, so a group that nobody negotiates costs nothing; when the
/// store is empty, the value is made at once.
/// </remarks>
internal sealed class PreparedKeyExchange(IKeyExchange method, Func<Action, bool> later) : IKeyExchange
{
    /// <summary>As many handshakes begin at once without waiting for a public value; the store fills up again behind them.</summary>
    internal const int Kept = 8;

    private readonly ConcurrentQueue<IKeyExchangeInitiation> _ready = new();
    private int _filling;

    public KeyExchangeMethod Method => method.Method;

    public bool IsSlow => method.IsSlow;

    /// <summary>A catalogue whose slow methods have values in store.</summary>
    /// <param name="later">Runs a piece on another thread; false if it will not.</param>
    public static AlgorithmCatalog In(AlgorithmCatalog catalog, Func<Action, bool> later)
    {
        foreach (var number in Enum.GetValues<KeyExchangeMethod>())
        {
            if (catalog.KeyExchange(number) is { IsSlow: true } slow) catalog = catalog.With(new PreparedKeyExchange(slow, later));
        }

        return catalog;
    }

    /// <summary>Values in store.</summary>
    internal int Ready => _ready.Count;

    public IKeyExchangeInitiation Initiate(IEntropy entropy)
    {
        var taken = _ready.TryDequeue(out var prepared);
        if (Interlocked.Exchange(ref _filling, 1) == 0 && !later(() => Fill(entropy))) Volatile.Write(ref _filling, 0);
        return taken ? prepared! : method.Initiate(entropy);
    }

    public bool TryRespond(
        ReadOnlySpan<byte> peer, IEntropy entropy, [NotNullWhen(true)] out byte[]? publicValue, [NotNullWhen(true)] out Secret? shared) =>
        method.TryRespond(peer, entropy, out publicValue, out shared);

    private void Fill(IEntropy entropy)
    {
        while (_ready.Count < Kept) _ready.Enqueue(method.Initiate(entropy));
        Volatile.Write(ref _filling, 0);
    }
}
