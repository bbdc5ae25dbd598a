using EdgeVpn.Ipsec.Crypto.KeyExchange;
using EdgeVpn.Linux.Libcrypto;

namespace EdgeVpn.Appliance.Crypto;

/// <summary>libcrypto's constant-time exponentiation for the MODP groups; lives as long as its catalogue.</summary>
internal sealed class LibcryptoModulus(ModularGroup group) : IModulus
{
    private readonly Lock _lock = new();

    public void Power(ReadOnlySpan<byte> value, ReadOnlySpan<byte> exponent, Span<byte> result)
    {
        lock (_lock) group.Power(value, exponent, result);
    }
}
