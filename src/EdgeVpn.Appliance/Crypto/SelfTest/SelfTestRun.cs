using System.Collections.Immutable;
using EdgeVpn.Ipsec;
using EdgeVpn.Ipsec.Crypto;
using EdgeVpn.Ipsec.Wire.Registry;

namespace EdgeVpn.Appliance.Crypto.SelfTest;

/// <summary>Holds this processor's cryptography against known answers, and every implementation against the plain one: at start, and as <c>edgevpn selftest</c>.</summary>
/// <param name="providers">Who is tested.</param>
/// <param name="entropy">For keys and private values.</param>
public sealed class SelfTestRun(CryptoProviders providers, IEntropy entropy)
{
    /// <summary>All checks, one after another; some milliseconds each, the large groups more.</summary>
    public SelfTestReport Report()
    {
        Sound(out var report);
        return report;
    }

    /// <summary>What may carry traffic: everything that passed, the faster before the slower.</summary>
    /// <remarks>An ESP provider that fails in one suite is used for none; a key exchange that fails gives its place back to the plain one.</remarks>
    public CryptoProviders Sound(out SelfTestReport report)
    {
        var checks = ImmutableArray.CreateBuilder<SelfTestCheck>();
        var sound = providers;
        foreach (var known in KnownAnswer.Prfs)
            if (providers.Algorithms.Prf(known.Algorithm) is { } prf) checks.Add(Prf(prf, known));
        foreach (var method in Enum.GetValues<KeyExchangeMethod>())
        {
            if (providers.Algorithms.KeyExchange(method) is not { } exchange) continue;
            var plain = AlgorithmCatalog.Default.KeyExchange(method) ?? exchange;
            checks.Add(new AgreementCheck(exchange, plain, entropy).Run());
            if (!checks[^1].Passed) sound = sound with { Algorithms = sound.Algorithms.With(plain) };
        }

        foreach (var provider in providers.Esp.Providers)
        {
            var start = checks.Count;
            foreach (var known in KnownPackets.All.Where(known => provider.Supports(known.Suite)))
            {
                checks.Add(new PacketCheck(known, provider, entropy).Run());
                var reference = providers.Esp.Providers.FirstOrDefault(other => other.Name == EspSaFactories.Platform && other.Supports(known.Suite));
                if (reference is not null && reference != provider) checks.Add(new LengthCheck(known.Suite, provider, reference, entropy).Run());
            }

            if (checks.Skip(start).Any(static check => !check.Passed)) sound = sound with { Esp = sound.Esp.Without(provider) };
        }

        report = new(checks.All(static check => check.Passed), checks.ToImmutable());
        return sound with { Esp = ProviderRace.Run(sound.Esp, entropy) };
    }

    private static SelfTestCheck Prf(Prf prf, KnownAnswer known)
    {
        using var came = prf.Compute(KnownAnswer.Key, KnownAnswer.Data);
        return SelfTestCheck.Of(
            $"{known.Algorithm}", EspSaFactories.Platform, "known answer of RFC 2202 or 4231",
            came.FixedTimeEquals(known.Answer.AsSpan()) ? null : "another answer than the RFC's");
    }
}
