using System.Text;
using EdgeVpn.Ipsec.Crypto;

namespace EdgeVpn.Ipsec.Ike.Eap;

/// <summary>The one who answers in EAP, whatever the method: identity, notifications, declining other methods, the end (RFC 3748 §4, §5).</summary>
/// <param name="user">What Identity is answered with.</param>
internal abstract class EapPeer(string user) : IDisposable
{
    private int _rounds;

    /// <summary>Why it cannot succeed any more, known before the gateway ends it.</summary>
    public CloseReason? Fault { get; protected set; }

    protected abstract EapType Method { get; }

    /// <summary>Requests after which a gateway is left that never ends.</summary>
    protected abstract int MaxRounds { get; }

    /// <summary>Whether the method has shown what EAP-Success only says.</summary>
    protected abstract bool IsProven { get; }

    /// <summary>What EAP-Success means before that.</summary>
    protected abstract CloseReason Unproven { get; }

    /// <summary>What EAP-Failure means where nothing was said before.</summary>
    protected abstract CloseReason Refusal { get; }

    /// <summary>The method's key (RFC 3748 §7.10), once <see cref="EapStep.Done"/>; the caller's.</summary>
    public abstract Secret Msk();

    public EapStep Answer(byte[] octets)
    {
        if (!EapMessage.TryRead(octets, out var message)) return Broken("the gateway's EAP message cannot be read");
        if (++_rounds > MaxRounds) return Broken("EAP goes on and on");
        return message.Code switch
        {
            EapCode.Success => Fault is { } fault ? new EapStep.Failed(fault) : IsProven ? new EapStep.Done() : new EapStep.Failed(Unproven),
            EapCode.Failure => new EapStep.Failed(Fault ?? Refusal),
            EapCode.Request => message.Type switch
            {
                EapType.Identity => new EapStep.Reply(message.Respond(EapType.Identity, Encoding.UTF8.GetBytes(user))),
                EapType.Notification => new EapStep.Reply(message.Respond(EapType.Notification, [])),
                _ when message.Type == Method => Answer(message),
                _ => new EapStep.Reply(message.Respond(EapType.Nak, [(byte)Method])), // RFC 3748 §5.3.1
            },
            _ => Broken("the gateway's EAP message is no request"),
        };
    }

    public virtual void Dispose()
    {
    }

    /// <summary>Answers a request of the method.</summary>
    protected abstract EapStep Answer(EapMessage request);

    protected static EapStep.Failed Broken(string why) => new(new CloseReason(CloseCause.ProtocolError, Detail: why));
}
