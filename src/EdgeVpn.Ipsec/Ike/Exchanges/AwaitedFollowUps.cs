using System.Collections.Immutable;
using EdgeVpn.Ipsec.Crypto;
using EdgeVpn.Ipsec.Ike.Errands;
using EdgeVpn.Ipsec.Wire;
using EdgeVpn.Ipsec.Wire.Payloads;
using EdgeVpn.Ipsec.Wire.Registry;

namespace EdgeVpn.Ipsec.Ike.Exchanges;

/// <summary>A CREATE_CHILD_SA of the peer's whose further key exchanges are still to come: one per IKE SA, for <see cref="Patience"/> (RFC 9370 §2.2.4).</summary>
/// <param name="methods">What was agreed, in order.</param>
/// <param name="link">Ours to choose: the peer shows it again.</param>
/// <param name="nonces">Those of the CREATE_CHILD_SA: they decide a collision.</param>
/// <param name="finish">Makes the SA once every secret is there.</param>
/// <param name="release">It came to nothing: gives back what is held.</param>
internal sealed class AwaitedFollowUps(
    ImmutableArray<KeyExchangeMethod> methods,
    byte[] link,
    Collisions.NoncePair nonces,
    Func<AwaitedFollowUps, Secret, Instant, Action?> finish,
    Action release) : IDisposable
{
    /// <summary>Longer than a peer goes on asking.</summary>
    public static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private const int LinkOctets = 8;
    private readonly FurtherSecrets _secrets = new();
    private byte[] _link = link;
    private int _done;
    private bool _finished;

    public Collisions.NoncePair Nonces => nonces;

    /// <summary>The pair that is replaced; null for a new one and for the IKE SA.</summary>
    public ChildSa? Rekeys { get; init; }

    public bool IsIkeRekey { get; init; }

    /// <summary>Our own rekey of the same pair came first and survives: what is made here is redundant, and the peer will delete it.</summary>
    public bool IsLost { get; set; }

    public static byte[] NewLink(IkeSa sa) => sa.Endpoint.Entropy.Octets(LinkOctets);

    public static NotifyPayload Notify(byte[] link) => new(ProtocolId.None, [], NotifyType.AdditionalKeyExchange, link);

    // <-- HDR, SK { KEr(n) [, N(ADDITIONAL_KEY_EXCHANGE)] }
    public Answer Take(IkeSa sa, PayloadList request, Instant now)
    {
        if (request.Notify(NotifyType.AdditionalKeyExchange) is not { } shown || !shown.Data.AsSpan().SequenceEqual(_link))
            return Answer.Error(NotifyType.StateNotFound);
        if (request.Find<KePayload>() is not { } ke || ke.Method != methods[_done]) return Answer.Error(NotifyType.InvalidSyntax);
        var agreed = sa.ForAnswer.Respond(ke, now, out var publicValue, out var shared);
        if (agreed == KeyAnswer.Later) return Answer.Later;
        if (agreed == KeyAnswer.Refused) return Answer.Error(NotifyType.InvalidSyntax);

        _secrets.Add(shared!);
        var answer = new KePayload(ke.Method, publicValue!);
        if (++_done < methods.Length)
        {
            _link = NewLink(sa);
            return new Answer([answer, Notify(_link)]);
        }

        _finished = true;
        using var further = _secrets.Join();
        var then = finish(this, further, now);
        sa.EndFollowUps();
        return new Answer([answer], then);
    }

    public void Dispose()
    {
        _secrets.Dispose();
        if (!_finished) release();
    }
}
