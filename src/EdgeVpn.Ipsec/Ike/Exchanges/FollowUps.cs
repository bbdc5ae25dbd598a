using System.Collections.Immutable;
using EdgeVpn.Ipsec.Crypto;
using EdgeVpn.Ipsec.Wire;
using EdgeVpn.Ipsec.Wire.Payloads;
using EdgeVpn.Ipsec.Wire.Registry;

namespace EdgeVpn.Ipsec.Ike.Exchanges;

/// <summary>IKE_FOLLOWUP_KE as initiator: the further key exchanges of a CREATE_CHILD_SA, one after the other (RFC 9370 §2.2.4).</summary>
/// <remarks>
/// <code>
///   --> CREATE_CHILD_SA { SA, Ni, KEi, … }
///   &lt;-- { SA, Nr, KEr, …, N(ADDITIONAL_KEY_EXCHANGE)(link 1) }
///   --> IKE_FOLLOWUP_KE { KEi(1), N(ADDITIONAL_KEY_EXCHANGE)(link 1) }
///   &lt;-- { KEr(1) [, N(ADDITIONAL_KEY_EXCHANGE)(link 2)] }                  the notification says that more are to come
/// </code>
/// The new SA exists at neither end before the last of them.
/// </remarks>
internal sealed class FollowUps : IDisposable
{
    private readonly ImmutableArray<KeyExchangeMethod> _methods;
    private readonly FurtherSecrets _secrets = new();
    private KeyExchangeOffer? _keyExchange;
    private byte[] _link;
    private int _done;

    private FollowUps(ImmutableArray<KeyExchangeMethod> methods, byte[] link) => (_methods, _link) = (methods, link);

    /// <summary>Whether the last was answered.</summary>
    public bool IsLast => _done == _methods.Length - 1;

    public Secret Secrets() => _secrets.Join();

    /// <summary>What is left to do after the answer to CREATE_CHILD_SA; null with a fault if the peer gave no link.</summary>
    public static FollowUps? Of(ImmutableArray<KeyExchangeMethod> methods, PayloadList response, out CloseReason? fault)
    {
        fault = null;
        if (response.Notify(NotifyType.AdditionalKeyExchange) is { } link) return new FollowUps(methods, link.Data);
        fault = new CloseReason(CloseCause.ProtocolError, Detail: "further key exchanges were agreed, but the answer gives no link to them");
        return null;
    }

    public IReadOnlyList<Payload> Begin(IkeSa sa)
    {
        _keyExchange = new KeyExchangeOffer([_methods[_done]]);
        _keyExchange.Start(sa);
        return [.. _keyExchange.Payloads(), new NotifyPayload(ProtocolId.None, [], NotifyType.AdditionalKeyExchange, _link)];
    }

    /// <summary>Whether <see cref="TryTake"/> has nothing slow to do.</summary>
    public bool IsReadyFor(IkeSa sa, PayloadList response, Instant now) => _keyExchange!.IsReadyFor(sa, response, now);

    /// <summary>Takes the answer to the one that is on its way.</summary>
    /// <returns>False, with the error or the fault, if it is none.</returns>
    public bool TryTake(PayloadList response, out NotifyPayload? error, out CloseReason? fault)
    {
        error = ErrorNotify.Find(response);
        fault = null;
        if (error is not null) return false;
        if (!_keyExchange!.TryFinish(response.Find<KePayload>(), out var shared))
        {
            fault = new CloseReason(CloseCause.InvalidKeyExchange, Detail: $"no valid public value for {_keyExchange.Method}");
            return false;
        }

        _keyExchange.Discard();
        _secrets.Add(shared);
        if (!IsLast)
        {
            if (response.Notify(NotifyType.AdditionalKeyExchange) is not { } link)
            {
                fault = new CloseReason(CloseCause.ProtocolError, Detail: "a further key exchange was agreed, but the answer gives no link to it");
                return false;
            }

            _link = link.Data;
        }

        _done++;
        return true;
    }

    /// <summary>Whether every one was answered.</summary>
    public bool AreDone => _done == _methods.Length;

    public void Dispose()
    {
        _keyExchange?.Discard();
        _secrets.Dispose();
    }
}

/// <summary>SK(1) | SK(2) | …: the shared secrets behind the first (RFC 9370 §2.2.4).</summary>
internal sealed class FurtherSecrets : IDisposable
{
    private readonly List<Secret> _secrets = [];

    public void Add(Secret secret) => _secrets.Add(secret);

    /// <summary>A copy, which the caller disposes.</summary>
    public Secret Join()
    {
        var joined = new Secret(_secrets.Sum(static secret => secret.Length));
        var at = 0;
        foreach (var secret in _secrets)
        {
            secret.Octets.CopyTo(joined.Fill[at..]);
            at += secret.Length;
        }

        return joined;
    }

    public void Dispose()
    {
        foreach (var secret in _secrets) secret.Dispose();
    }
}
