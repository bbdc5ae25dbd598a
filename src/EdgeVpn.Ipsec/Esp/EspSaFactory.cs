using System.Collections.Immutable;
using EdgeVpn.Ipsec.Crypto;
using EdgeVpn.Ipsec.Wire.Registry;

namespace EdgeVpn.Ipsec.Esp;

/// <summary>Makes SAs: the first provider that can do a suite does it. Immutable; <see cref="With"/> puts another provider in front.</summary>
public sealed class EspSaFactory
{
    private readonly ImmutableArray<IEspProvider> _providers;

    private EspSaFactory(ImmutableArray<IEspProvider> providers) => _providers = providers;

    /// <summary>What this library can do by itself on this processor.</summary>
    public static EspSaFactory Default { get; } = new([IntrinsicGcm<X86Aes>(), IntrinsicGcm<ArmAes>(), BclGcm(), BclGmac(), ChaCha(), Cbc()]);

    /// <summary>The providers, first choice first.</summary>
    public ImmutableArray<IEspProvider> Providers => _providers;

    /// <summary>A factory of these providers, first choice first.</summary>
    public static EspSaFactory Of(ImmutableArray<IEspProvider> providers) => new(providers);

    /// <summary>A factory that asks <paramref name="provider"/> before the others.</summary>
    public EspSaFactory With(IEspProvider provider) => new(_providers.Insert(0, provider));

    /// <summary>A factory that does not ask <paramref name="provider"/> any more.</summary>
    public EspSaFactory Without(IEspProvider provider) => new(_providers.Remove(provider));

    /// <summary>Who would do a suite; null if nobody can.</summary>
    public IEspProvider? ProviderOf(EspSuite suite)
    {
        if (!suite.IsValid)
            return null;
        foreach (var provider in _providers)
        {
            if (provider.Supports(suite))
                return provider;
        }

        return null;
    }

    /// <summary>The sending direction of an SA.</summary>
    /// <param name="parameters">Its secrets are copied; they stay the caller's to dispose.</param>
    /// <param name="entropy">For IVs that must be unpredictable.</param>
    /// <exception cref="ArgumentException">Nobody can do the suite (it should not have been proposed), or a key has the wrong length.</exception>
    public IEspOutbound Outbound(EspSaParameters parameters, IEntropy entropy) => Provider(parameters).Outbound(parameters, entropy);

    /// <summary>The receiving direction of an SA.</summary>
    /// <param name="parameters">Its secrets are copied; they stay the caller's to dispose.</param>
    /// <param name="selectors">What may come out of it.</param>
    /// <exception cref="ArgumentException">As for <see cref="Outbound"/>.</exception>
    public IEspInbound Inbound(EspSaParameters parameters, EspSelectors selectors) => Provider(parameters).Inbound(parameters, selectors);

    private IEspProvider Provider(EspSaParameters parameters)
    {
        ArgumentNullException.ThrowIfNull(parameters);
        var suite = parameters.Suite;
        var provider = ProviderOf(suite) ?? throw new ArgumentException($"No provider for {suite}.", nameof(parameters));
        if (parameters.EncryptionKey.Length != suite.EncryptionKeyOctets || parameters.IntegrityKey.Length != suite.IntegrityKeyOctets)
        {
            throw new ArgumentException(
                $"{suite} takes keys of {suite.EncryptionKeyOctets} and {suite.IntegrityKeyOctets} octets, " +
                $"not {parameters.EncryptionKey.Length} and {parameters.IntegrityKey.Length}.",
                nameof(parameters));
        }

        return provider;
    }

    private static EspProvider<IntrinsicAesGcm<TInstructions>> IntrinsicGcm<TInstructions>()
        where TInstructions : struct, IAesInstructions
    {
        return new(
            TInstructions.Name,
            suite => TInstructions.IsSupported
                && suite.Encryption is EncryptionAlgorithm.AesGcm8 or EncryptionAlgorithm.AesGcm12 or EncryptionAlgorithm.AesGcm16,
            (parameters, _) => Make(parameters),
            Make);

        static IntrinsicAesGcm<TInstructions> Make(EspSaParameters parameters) =>
            new(parameters.EncryptionKey.Octets, parameters.Suite.IcvOctets, parameters.ExtendedSequenceNumbers);
    }

    private static EspProvider<BclAead> BclGcm()
    {
        return new(
            "bcl",
            suite => suite.Encryption is EncryptionAlgorithm.AesGcm12 or EncryptionAlgorithm.AesGcm16,
            (parameters, _) => Make(parameters),
            Make);

        static BclAead Make(EspSaParameters parameters) =>
            BclAead.AesGcm(parameters.EncryptionKey.Octets, parameters.Suite.IcvOctets, parameters.ExtendedSequenceNumbers);
    }

    private static EspProvider<BclAesGmac> BclGmac()
    {
        return new("bcl", suite => suite.Encryption == EncryptionAlgorithm.NullAuthAesGmac, (parameters, _) => Make(parameters), Make);

        static BclAesGmac Make(EspSaParameters parameters) => new(parameters.EncryptionKey.Octets, parameters.ExtendedSequenceNumbers);
    }

    private static EspProvider<BclAead> ChaCha()
    {
        return new(
            "bcl",
            suite => suite.Encryption == EncryptionAlgorithm.ChaCha20Poly1305 && BclAead.HasChaCha20Poly1305,
            (parameters, _) => Make(parameters),
            Make);

        static BclAead Make(EspSaParameters parameters) =>
            BclAead.ChaCha20Poly1305(parameters.EncryptionKey.Octets, parameters.ExtendedSequenceNumbers);
    }

    private static EspProvider<CbcThenHmac> Cbc() => new(
        "bcl",
        suite => suite.Encryption is EncryptionAlgorithm.AesCbc or EncryptionAlgorithm.TripleDes,
        (parameters, entropy) => CbcThenHmac.ForSealing(
            parameters.Suite.Encryption,
            parameters.EncryptionKey.Octets,
            parameters.Suite.Integrity,
            parameters.IntegrityKey.Octets,
            parameters.ExtendedSequenceNumbers,
            entropy.Octets(parameters.Suite.BlockOctets)),
        parameters => CbcThenHmac.ForOpening(
            parameters.Suite.Encryption,
            parameters.EncryptionKey.Octets,
            parameters.Suite.Integrity,
            parameters.IntegrityKey.Octets,
            parameters.ExtendedSequenceNumbers));
}
