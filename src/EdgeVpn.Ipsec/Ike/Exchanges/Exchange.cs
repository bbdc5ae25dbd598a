using EdgeVpn.Ipsec.Wire;
using EdgeVpn.Ipsec.Wire.Payloads;
using EdgeVpn.Ipsec.Wire.Registry;

namespace EdgeVpn.Ipsec.Ike.Exchanges;

/// <summary>One request of ours and what its answer means. An exchange object lives until it is answered, given up, or found needless.</summary>
internal abstract class Exchange
{
    public abstract ExchangeType Type { get; }

    /// <summary>Whether the request can be built now; if not, what it needs was asked of the shell, and it keeps its place in the queue.</summary>
    public virtual bool IsReady(IkeSa sa, Instant now) => true;

    /// <summary>Whether this answer can be handled now; if not, what that needs was asked of the shell, and the answer counts as not yet arrived.</summary>
    public virtual bool IsReadyFor(IkeSa sa, PayloadList response, Instant now) => true;

    /// <summary>Builds the request, or returns null if it is not needed any more.</summary>
    public abstract IReadOnlyList<Payload>? Begin(IkeSa sa, Instant now);

    /// <summary>The way that a transmission takes, counted from 1; null: the one in use.</summary>
    public virtual Path? Way(int transmission) => null;

    /// <summary>Over which way the answer came; told before <see cref="Complete"/>.</summary>
    public virtual void AnsweredOver(Path way)
    {
    }

    /// <summary>The peer's answer, authenticated and readable.</summary>
    public abstract void Complete(IkeSa sa, PayloadList response, Instant now);

    /// <summary>The answer came, but the SA began to close while it was on its way.</summary>
    public virtual void Overtaken(IkeSa sa, PayloadList response, Instant now) => Abandon();

    /// <summary>Why it cannot succeed, where that is known before an answer; else an answer that never comes is the reason.</summary>
    public virtual CloseReason? KnownFault => null;

    /// <summary>The SA closes with this exchange unanswered or not yet begun: give back what it holds.</summary>
    public virtual void Abandon()
    {
    }
}
