namespace EdgeVpn.Ipsec.Crypto.KeyExchange;

/// <summary>All MODP groups, over whatever arithmetic does the exponentiation. What a peer's value must be is checked here in either case.</summary>
public static class ModpMethods
{
    private static readonly ModpGroup[] Groups =
        [ModpGroup.Modp1024, ModpGroup.Modp1536, ModpGroup.Modp2048, ModpGroup.Modp3072, ModpGroup.Modp4096, ModpGroup.Modp2048s256];

    /// <param name="modulus">Makes the arithmetic of a prime (big-endian, full octets); called once per group.</param>
    public static IReadOnlyList<IKeyExchange> Over(Func<byte[], IModulus> modulus)
    {
        ArgumentNullException.ThrowIfNull(modulus);
        return [.. Groups.Select(group => new ModpKeyExchange(group, modulus(group.Prime)))];
    }
}
