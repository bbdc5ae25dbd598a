using System.Collections;
using EdgeVpn.Ipsec.Wire.Payloads;
using EdgeVpn.Ipsec.Wire.Registry;

namespace EdgeVpn.Ipsec.Wire;

/// <summary>A chain of payloads, read into values, in the order they stood in.</summary>
/// <remarks>Order carries no meaning for most payloads (RFC 7296 §2.5), so that they are asked for by kind.</remarks>
public sealed class PayloadList : IReadOnlyList<Payload>
{
    private readonly Payload[] _payloads;

    private PayloadList(Payload[] payloads, PayloadType? encrypted)
    {
        _payloads = payloads;
        EncryptedPayload = encrypted;
    }

    public static PayloadList Empty { get; } = new([], null);

    public int Count => _payloads.Length;

    /// <summary>SK or SKF, where the chain ended in one; it is not among the payloads.</summary>
    public PayloadType? EncryptedPayload { get; }

    /// <summary>The first unknown payload with the critical bit: the message is answered with UNSUPPORTED_CRITICAL_PAYLOAD (RFC 7296 §2.5).</summary>
    public PayloadType? UnsupportedCritical
    {
        get
        {
            foreach (var payload in _payloads)
            {
                if (payload is UnknownPayload { IsCritical: true }) return payload.Type;
            }

            return null;
        }
    }

    public Payload this[int index] => _payloads[index];

    /// <summary>Reads a chain up to its end, or up to its SK or SKF payload.</summary>
    /// <param name="first">Type of the first payload, as the IKE header or the SK payload names it.</param>
    /// <param name="octets">From the first generic header to the end of the chain.</param>
    /// <param name="list">Null on error.</param>
    public static WireError TryRead(PayloadType first, ReadOnlySpan<byte> octets, out PayloadList? list) =>
        TryRead(first, octets, out list, out _);

    /// <summary>As the other overload, and on error says in which payload; <see cref="PayloadType.None"/> if between payloads.</summary>
    public static WireError TryRead(PayloadType first, ReadOnlySpan<byte> octets, out PayloadList? list, out PayloadType culprit)
    {
        list = null;
        culprit = PayloadType.None;
        var payloads = new List<Payload>();
        PayloadType? encrypted = null;
        var reader = new PayloadReader(first, octets);
        while (reader.MoveNext())
        {
            var view = reader.Current;
            if (view.Type.EndsChain())
            {
                encrypted = view.Type;
                continue;
            }

            var error = PayloadCodec.TryRead(view, out var payload);
            if (error != WireError.None)
            {
                culprit = view.Type;
                return error;
            }

            payloads.Add(payload!);
        }

        if (reader.Error != WireError.None) return reader.Error;
        list = new PayloadList([.. payloads], encrypted);
        return WireError.None;
    }

    /// <summary>The first payload of a kind, or null.</summary>
    public T? Find<T>()
        where T : Payload
    {
        foreach (var payload in _payloads)
        {
            if (payload is T found) return found;
        }

        return null;
    }

    /// <summary>Every payload of a kind, in order.</summary>
    public IEnumerable<T> All<T>()
        where T : Payload => _payloads.OfType<T>();

    /// <summary>The first notification of a type, or null.</summary>
    public NotifyPayload? Notify(NotifyType type)
    {
        foreach (var payload in _payloads)
        {
            if (payload is NotifyPayload notify && notify.NotifyType == type) return notify;
        }

        return null;
    }

    /// <summary>The first notification of an error, known or not; null if there is none.</summary>
    public NotifyPayload? FirstError()
    {
        foreach (var payload in _payloads)
        {
            if (payload is NotifyPayload { IsError: true } notify) return notify;
        }

        return null;
    }

    /// <summary>IDi or IDr, or null.</summary>
    public Identification? Id(bool isInitiator) => All<IdPayload>().FirstOrDefault(id => id.IsInitiator == isInitiator)?.Id;

    /// <summary>TSi or TSr, or null.</summary>
    public TsPayload? TrafficSelectors(bool isInitiator) => All<TsPayload>().FirstOrDefault(ts => ts.IsInitiator == isInitiator);

    public IEnumerator<Payload> GetEnumerator() => ((IEnumerable<Payload>)_payloads).GetEnumerator();

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();

    public override string ToString() => string.Join(", ", _payloads.AsEnumerable());
}
