using System.Collections.Immutable;
using EdgeVpn.Ipsec;
using EdgeVpn.Ipsec.Esp;
using EdgeVpn.Ipsec.Wire.Registry;
using EdgeVpn.Linux.Libcrypto;

namespace EdgeVpn.Appliance.Crypto;

/// <summary>ESP providers over libcrypto: every suite, wherever the library is installed.</summary>
public static class LibcryptoEsp
{
    public const string Name = "libcrypto";

    /// <summary>All of them; none without the library.</summary>
    public static ImmutableArray<IEspProvider> Providers { get; } = CryptoLibrary.IsPresent ? [Aead(), Gmac(), CbcHmac()] : [];

    private static EspProvider<LibcryptoAead> Aead() => new(
        Name,
        suite => suite.IsAead && suite.Encrypts,
        (parameters, _) => LibcryptoAead.ForSealing(parameters),
        LibcryptoAead.ForOpening);

    private static EspProvider<LibcryptoGmac> Gmac() => new(
        Name,
        suite => suite.IsAead && !suite.Encrypts,
        static (parameters, _) => LibcryptoGmac.Of(parameters),
        LibcryptoGmac.Of);

    private static EspProvider<LibcryptoCbcHmac> CbcHmac() => new(
        Name,
        suite => suite.Encryption is EncryptionAlgorithm.AesCbc or EncryptionAlgorithm.TripleDes,
        (parameters, entropy) => LibcryptoCbcHmac.ForSealing(parameters, entropy.Octets(parameters.Suite.BlockOctets)),
        LibcryptoCbcHmac.ForOpening);
}
