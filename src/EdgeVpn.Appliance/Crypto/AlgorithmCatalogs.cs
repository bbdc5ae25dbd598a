using EdgeVpn.Ipsec.Crypto;
using EdgeVpn.Ipsec.Crypto.KeyExchange;
using EdgeVpn.Linux.Libcrypto;

namespace EdgeVpn.Appliance.Crypto;

/// <summary>The appliance's choice of algorithms for IKE: the engine's own, with libcrypto under the groups that gain by it.</summary>
/// <remarks>Without the library the engine's own arithmetic and the platform's classes do all.</remarks>
public static class AlgorithmCatalogs
{
    public static AlgorithmCatalog Create()
    {
        var catalog = AlgorithmCatalog.Default;
        foreach (var method in Accelerated()) catalog = catalog.With(method);
        return catalog;
    }

    /// <summary>The methods that libcrypto takes over; none without it.</summary>
    internal static IReadOnlyList<IKeyExchange> Accelerated() => CryptoLibrary.IsPresent
        ? [.. ModpMethods.Over(static prime => new LibcryptoModulus(new ModularGroup(prime))), LibcryptoXdh.Curve25519, LibcryptoXdh.Curve448, .. LibcryptoEcp.All]
        : [];
}
