namespace EdgeVpn.Ipsec.Tests.Wire;

/// <summary>Octets as they are typed in these tests: hex, grouped by field, `#` starts a comment.</summary>
internal static class Hex
{
    public static byte[] Octets(string text)
    {
        var digits = text.Split('\n').SelectMany(line => line.Split('#')[0]).Where(character => !char.IsWhiteSpace(character));
        return Convert.FromHexString(string.Concat(digits));
    }

    /// <summary>Octets whose content does not matter: <paramref name="count"/> of them, counting up from <paramref name="first"/>.</summary>
    public static byte[] Counting(int count, int first = 0) => [.. Enumerable.Range(first, count).Select(value => (byte)value)];
}
