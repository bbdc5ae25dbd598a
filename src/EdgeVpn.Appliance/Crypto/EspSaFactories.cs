using EdgeVpn.Ipsec.Esp;
using EdgeVpn.Linux.Libcrypto;

namespace EdgeVpn.Appliance.Crypto;

/// <summary>The appliance's choice of ESP providers: the processor's own instructions, then libcrypto, then the platform's classes.</summary>
/// <remarks>Measured in nanoseconds per packet of 1,400 octets: AES-GCM by instructions 309, libcrypto 524, classes 1,055; CBC with HMAC-SHA-256 by
/// libcrypto 2,740, classes 4,618.</remarks>
public static class EspSaFactories
{
    private const string LastChoice = "bcl";

    public static EspSaFactory Create()
    {
        var own = EspSaFactory.Default;
        if (!CryptoLibrary.IsPresent) return own;
        return own
            .With(LibcryptoEsp.Aead(suite => own.ProviderOf(suite) is null or { Name: LastChoice }))
            .With(LibcryptoEsp.CbcHmac());
    }
}
