namespace EdgeVpn.Ipsec.Tests.Crypto;

/// <summary>Hex as it stands in RFCs: spaces, colons and line ends group it.</summary>
internal static class Hex
{
    public static byte[] Octets(string hex) => Convert.FromHexString(string.Concat(hex.Where(char.IsAsciiHexDigit)));

    public static string Of(ReadOnlySpan<byte> octets) => Convert.ToHexStringLower(octets);
}
