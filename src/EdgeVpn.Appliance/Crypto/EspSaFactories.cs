using EdgeVpn.Ipsec.Esp;

namespace EdgeVpn.Appliance.Crypto;

/// <summary>The appliance's choice of ESP providers.</summary>
public static class EspSaFactories
{
    public static EspSaFactory Create() => EspSaFactory.Default;
}
