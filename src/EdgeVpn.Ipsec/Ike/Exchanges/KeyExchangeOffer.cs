using System.Diagnostics.CodeAnalysis;
using System.Buffers.Binary;
using EdgeVpn.Ipsec.Crypto;
using EdgeVpn.Ipsec.Ike.Errands;
using EdgeVpn.Ipsec.Wire;
using EdgeVpn.Ipsec.Wire.Payloads;
using EdgeVpn.Ipsec.Wire.Registry;

namespace EdgeVpn.Ipsec.Ike.Exchanges;

/// <summary>Our KE payload: a guess at the method the peer will choose, and one more try per method it asks for (RFC 7296 §1.2, §1.3).</summary>
internal sealed class KeyExchangeOffer(IReadOnlyList<KeyExchangeMethod> offered)
{
    private readonly HashSet<KeyExchangeMethod> _tried = [];
    private IKeyExchangeInitiation? _initiation;
    private AgreeErrand? _agreement;

    public KeyExchangeMethod Method { get; private set; }

    /// <summary>The KE payload of the current try; empty where no key exchange is offered.</summary>
    public IEnumerable<Payload> Payloads() => _initiation is null ? [] : [new KePayload(Method, _initiation.PublicValue)];

    /// <summary>Makes the first guess, once.</summary>
    public void Start(IkeSa sa)
    {
        if (_initiation is null && offered.Count > 0) Begin(sa, offered[0]);
    }

    /// <summary>Whether the peer asks for the method that we use by now.</summary>
    public bool IsCurrent(NotifyPayload error) =>
        error is { NotifyType: NotifyType.InvalidKePayload, Data.Length: 2 } && Wanted(error) == Method;

    /// <summary>The peer asks for another method; false if we did not offer it, cannot do it, or it was tried already.</summary>
    public bool TryRestart(IkeSa sa, NotifyPayload invalidKePayload)
    {
        if (invalidKePayload.Data.Length != 2) return false;
        var wanted = Wanted(invalidKePayload);
        if (!offered.Contains(wanted) || _tried.Contains(wanted)) return false;
        Begin(sa, wanted);
        return true;
    }

    /// <summary>Whether <see cref="TryFinish"/> has nothing slow to do: with a slow method, the shell does that first.</summary>
    public bool IsReadyFor(IkeSa sa, PayloadList response, Instant now)
    {
        if (_agreement is not null) return sa.IsBack(_agreement, now);
        if (_initiation is null || response.Find<KePayload>() is not { } ke || ke.Method != Method
            || !sa.Endpoint.Defers(sa.Endpoint.Algorithms.KeyExchange(Method)!))
            return true;
        _agreement = AgreeErrand.Of(_initiation, ke.Data);
        _initiation = null;
        return sa.IsBack(_agreement, now);
    }

    /// <summary>The shared secret, if the peer's KE payload answers ours and holds a valid public value (RFC 6989).</summary>
    public bool TryFinish(KePayload? answer, [NotNullWhen(true)] out Secret? shared)
    {
        shared = null;
        if (_agreement is not null)
        {
            shared = _agreement.TakeShared();
            return shared is not null;
        }

        return _initiation is not null
            && answer is not null
            && answer.Method == Method
            && _initiation.TryFinish(answer.Data, out shared);
    }

    /// <summary>Gives the private values back, zeroed.</summary>
    public void Discard()
    {
        _initiation?.Dispose();
        _agreement?.Dispose();
    }

    private static KeyExchangeMethod Wanted(NotifyPayload invalidKePayload) =>
        (KeyExchangeMethod)BinaryPrimitives.ReadUInt16BigEndian(invalidKePayload.Data);

    private void Begin(IkeSa sa, KeyExchangeMethod method)
    {
        var exchange = sa.Endpoint.Algorithms.KeyExchange(method)
            ?? throw new InvalidOperationException($"Key exchange method {method} is configured but not available.");
        _initiation?.Dispose();
        _initiation = exchange.Initiate(sa.Endpoint.Entropy);
        Method = method;
        _tried.Add(method);
    }
}
