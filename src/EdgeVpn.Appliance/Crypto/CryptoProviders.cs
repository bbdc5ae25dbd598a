using EdgeVpn.Ipsec.Crypto;
using EdgeVpn.Ipsec.Esp;

namespace EdgeVpn.Appliance.Crypto;

/// <summary>Whose code computes on this machine.</summary>
/// <param name="Esp">Who seals and opens packets.</param>
/// <param name="Algorithms">Who computes for IKE.</param>
public sealed record CryptoProviders(EspSaFactory Esp, AlgorithmCatalog Algorithms)
{
    public static CryptoProviders OfThisMachine() => new(EspSaFactories.Create(), AlgorithmCatalogs.Create());
}
