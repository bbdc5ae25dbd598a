using EdgeVpn.Ipsec.Esp;

namespace EdgeVpn.Appliance.Crypto;

/// <summary>The appliance's ESP providers: the processor's own instructions, then libcrypto, then the platform's classes.</summary>
/// <remarks>The order until <see cref="SelfTest.ProviderRace"/> knows better; <c>edgevpn selftest --speed</c> tells what each takes here.</remarks>
public static class EspSaFactories
{
    /// <summary>The platform's own classes: the last choice, and what every other provider is compared with.</summary>
    internal const string Platform = "bcl";

    public static EspSaFactory Create()
    {
        var own = EspSaFactory.Default.Providers;
        var platform = own.IndexOf(own.First(static provider => provider.Name == Platform));
        return EspSaFactory.Of(own.InsertRange(platform, LibcryptoEsp.Providers));
    }
}
