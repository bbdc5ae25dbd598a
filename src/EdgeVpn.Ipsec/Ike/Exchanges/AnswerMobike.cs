using EdgeVpn.Ipsec.Wire;
using EdgeVpn.Ipsec.Wire.Payloads;
using EdgeVpn.Ipsec.Wire.Registry;

namespace EdgeVpn.Ipsec.Ike.Exchanges;

/// <summary>What MOBIKE adds to the answer to INFORMATIONAL (RFC 4555 §3.5, §3.7).</summary>
internal static class AnswerMobike
{
    /// <param name="from">The way the request came.</param>
    public static IEnumerable<Payload> To(IkeSa sa, PayloadList request, Path from, Instant now)
    {
        if (!sa.IsMobile) return [];
        sa.HeedAddresses(request, from, now);
        var answer = new List<Payload>();
        if (request.Notify(NotifyType.Cookie2) is { } cookie) answer.Add(cookie);
        if (request.Notify(NotifyType.UpdateSaAddresses) is null || sa.BeganLine) return answer;

        // <-- HDR, SK { N(NATD_S), N(NATD_D) [, N(COOKIE2)] }
        sa.Redirect(from);
        sa.Nat = NatDetection.Evaluate(request, sa.InitiatorSpi, sa.ResponderSpi, from) ?? sa.Nat;
        answer.AddRange(NatDetection.Notifies(sa.InitiatorSpi, sa.ResponderSpi, from, sa.PretendsNat));
        sa.Enqueue(new PathCheck(from), now);
        return answer;
    }
}
