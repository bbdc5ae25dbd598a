using System.Runtime.CompilerServices;
using EdgeVpn.Ipsec;
using EdgeVpn.Ipsec.Esp;
using EdgeVpn.Ipsec.Wire.Registry;

namespace EdgeVpn.Appliance.Crypto.SelfTest;

/// <summary>Who seals AES-GCM fastest on this processor with this libcrypto: asked of them, not of a table.</summary>
/// <remarks>
/// Versions decide it, and so no list here would last: on one processor with wide AES, libcrypto 3.0 took 1.6 times as long as our instructions for a
/// full-sized packet, 3.5 four fifths. What carries most octets is raced; a small packet is the system calls' business.
/// </remarks>
internal static class ProviderRace
{
    private const int Octets = 1400;
    private const double Clearly = 0.9;
    private static readonly EspSuite s_suite = new(EncryptionAlgorithm.AesGcm16, 256, IntegrityAlgorithm.None);
    private static readonly TimeSpan s_each = TimeSpan.FromMilliseconds(3);

    /// <summary>The same providers; the one that is clearly the fastest before the others.</summary>
    /// <remarks>Under the just-in-time compiler they stay as they are: it makes our own code fast only after a while.</remarks>
    public static EspSaFactory Run(EspSaFactory providers, IEntropy entropy) =>
        RuntimeFeature.IsDynamicCodeCompiled ? providers : Order(providers, provider => PacketSpeed.Of(s_suite, provider, Octets, entropy, s_each).Nanoseconds);

    internal static EspSaFactory Order(EspSaFactory providers, Func<IEspProvider, double> time)
    {
        var racers = providers.Providers.Where(static provider => provider.Supports(s_suite)).Select(provider => (Provider: provider, Time: time(provider))).ToArray();
        if (racers.Length < 2) return providers;
        var fastest = racers.MinBy(static racer => racer.Time);
        return fastest.Time < Clearly * racers[0].Time ? providers.Without(fastest.Provider).With(fastest.Provider) : providers;
    }
}
