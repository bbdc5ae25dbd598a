using EdgeVpn.Ipsec;
using EdgeVpn.Ipsec.Crypto;

namespace EdgeVpn.Appliance.Crypto.SelfTest;

/// <summary>A key exchange and the plain implementation of it as the two ends, both ways round.</summary>
/// <param name="own">Who is tested.</param>
/// <param name="plain">The engine's own arithmetic; the same object where nothing faster took its place.</param>
/// <param name="entropy">For private values.</param>
internal sealed class AgreementCheck(IKeyExchange own, IKeyExchange plain, IEntropy entropy)
{
    public SelfTestCheck Run()
    {
        var alone = ReferenceEquals(own, plain);
        return SelfTestCheck.Of(
            $"{own.Method}",
            alone ? "plain" : LibcryptoEsp.Name,
            alone ? "two ends agree" : "agrees with the plain implementation, both ways",
            Disagreement(own, plain) ?? (alone ? null : Disagreement(plain, own)));
    }

    private string? Disagreement(IKeyExchange initiator, IKeyExchange responder)
    {
        using var initiation = initiator.Initiate(entropy);
        if (!responder.TryRespond(initiation.PublicValue, entropy, out var answer, out var theirs)) return "the responder refused a good value";
        using (theirs)
        {
            if (!initiation.TryFinish(answer, out var ours)) return "the initiator refused a good value";
            using (ours) return ours.FixedTimeEquals(theirs.Octets) ? null : "the two ends have different secrets";
        }
    }
}
