using System.Globalization;
using System.Net;
using System.Text;
using EdgeVpn.Ipsec.Wire.Registry;

namespace EdgeVpn.Ipsec.Wire.Payloads;

/// <summary>Who a peer says it is: a type and its octets, equal octet by octet (RFC 7296 §3.5).</summary>
/// <param name="IdType">How <paramref name="Data"/> is to be read; other types than ours are kept as they come.</param>
/// <param name="Data">Without terminator; 4 or 16 octets for addresses.</param>
public sealed record Identification(IdentificationType IdType, byte[] Data)
{
    private static readonly UTF8Encoding Text = new(false, false);

    public static Identification Fqdn(string name) => new(IdentificationType.Fqdn, Text.GetBytes(name));

    public static Identification Email(string address) => new(IdentificationType.Rfc822Address, Text.GetBytes(address));

    public static Identification KeyId(byte[] octets) => new(IdentificationType.KeyId, octets);

    public static Identification Address(IpAddress address) =>
        new(address.IsIPv6 ? IdentificationType.IPv6Address : IdentificationType.IPv4Address, address.ToOctets());

    /// <summary>An identity as users write it.</summary>
    /// <remarks>
    /// <c>192.0.2.1</c>, <c>2001:db8::1</c>: an address. <c>@#0badcafe</c>: KEY_ID in hex. <c>@name</c>: FQDN, whatever it looks like.
    /// <c>user@example.com</c>: RFC822_ADDR. Anything else: FQDN. Throws <see cref="FormatException"/> for nothing, and for bad hex.
    /// </remarks>
    public static Identification Parse(string text)
    {
        if (text.Length == 0) throw new FormatException("An identity is not empty.");
        if (text.StartsWith("@#", StringComparison.Ordinal)) return KeyId(Convert.FromHexString(text.AsSpan(2)));
        if (text[0] == '@') return Fqdn(text[1..]);
        if (text.Contains('@')) return Email(text);
        // IPAddress also takes "1", "0x7f.1" and "[::1]:500"; only what it would print back, or has colons, is meant as an address.
        if (IPAddress.TryParse(text, out var address) && (text.Contains(':') ? text[0] != '[' : address.ToString() == text))
            return Address(IpAddress.From(address));
        return Fqdn(text);
    }

    public bool Equals(Identification? other) => other is not null && IdType == other.IdType && OctetEquality.Same(Data, other.Data);

    public override int GetHashCode() => HashCode.Combine(IdType, OctetEquality.Hash(Data));

    /// <summary>Readable, on one line, as <see cref="Parse"/> takes it where it can.</summary>
    public override string ToString() => IdType switch
    {
        IdentificationType.IPv4Address when Data.Length == 4 => IpAddress.FromOctets(Data).ToString(),
        IdentificationType.IPv6Address when Data.Length == 16 => IpAddress.FromOctets(Data).ToString(),
        IdentificationType.Fqdn => FqdnText(Printable(Data)),
        IdentificationType.Rfc822Address => Printable(Data),
        IdentificationType.KeyId => "@#" + Convert.ToHexStringLower(Data),
        IdentificationType.Null => "(null)",
        _ => $"{IdType}:{Convert.ToHexStringLower(Data)}",
    };

    private static string FqdnText(string name) => name.Length > 0 && Parse(name).IdType == IdentificationType.Fqdn ? name : "@" + name;

    // A peer chooses these octets and they end in logs: what could break a line or a terminal is shown by its number.
    private static string Printable(byte[] octets)
    {
        var text = new StringBuilder(octets.Length);
        foreach (var rune in Text.GetString(octets).EnumerateRunes())
        {
            if (Rune.GetUnicodeCategory(rune) is UnicodeCategory.Control or UnicodeCategory.Format or UnicodeCategory.LineSeparator
                or UnicodeCategory.ParagraphSeparator or UnicodeCategory.PrivateUse or UnicodeCategory.OtherNotAssigned)
                text.Append(CultureInfo.InvariantCulture, $"\\u{rune.Value:x4}");
            else
                text.Append(rune.ToString());
        }

        return text.ToString();
    }
}
