using System.Collections.Immutable;
using EdgeVpn.Ipsec;
using EdgeVpn.Ipsec.Crypto;
using EdgeVpn.Ipsec.Esp;
using EdgeVpn.Ipsec.Wire.Registry;

namespace EdgeVpn.Appliance.Local.SelfTest;

/// <summary>Holds this processor's cryptography against known answers, and every implementation against the plain one.</summary>
/// <param name="esp">Who seals and opens packets.</param>
/// <param name="catalog">Who computes for IKE.</param>
/// <param name="entropy">For private values.</param>
public sealed class SelfTestRun(EspSaFactory esp, AlgorithmCatalog catalog, IEntropy entropy)
{
    /// <summary>All checks, one after another; some milliseconds each, the large groups more.</summary>
    public IEnumerable<SelfTestCheck> Checks()
    {
        foreach (var known in KnownAnswer.Prfs)
            if (catalog.Prf(known.Algorithm) is { } prf) yield return Prf(prf, known);
        foreach (var method in Enum.GetValues<KeyExchangeMethod>())
            if (catalog.KeyExchange(method) is { } exchange) yield return Agreement(exchange, AlgorithmCatalog.Default.KeyExchange(method) ?? exchange);
        foreach (var known in KnownPackets.All)
            foreach (var provider in esp.Providers.Where(p => p.Supports(known.Suite))) yield return new PacketCheck(known, provider, entropy).Run();
    }

    public SelfTestReport Report()
    {
        ImmutableArray<SelfTestCheck> checks = [.. Checks()];
        return new(checks.All(check => check.Passed), checks);
    }

    private static SelfTestCheck Prf(Prf prf, KnownAnswer known)
    {
        using var came = prf.Compute(KnownAnswer.Key, KnownAnswer.Data);
        return SelfTestCheck.Of(
            $"{known.Algorithm}", Provider(prf, AlgorithmCatalog.Default.Prf(known.Algorithm)), "known answer of RFC 2202 or 4231",
            came.FixedTimeEquals(known.Answer.AsSpan()) ? null : "another answer than the RFC's");
    }

    // The catalogue's own and the plain implementation as the two ends, both ways round.
    private SelfTestCheck Agreement(IKeyExchange own, IKeyExchange plain)
    {
        var what = ReferenceEquals(own, plain) ? "two ends agree" : "agrees with the plain implementation, both ways";
        var fault = Disagreement(own, plain) ?? (ReferenceEquals(own, plain) ? null : Disagreement(plain, own));
        return SelfTestCheck.Of($"{own.Method}", Provider(own, plain), what, fault);
    }

    private static string Provider(object own, object? plain) => ReferenceEquals(own, plain) ? "plain" : own.GetType().Name;

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
