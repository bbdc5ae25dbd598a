using System.Collections.Immutable;
using EdgeVpn.Ipsec.Esp;
using EdgeVpn.Ipsec.Ike;
using EdgeVpn.Ipsec.Wire.Registry;

namespace EdgeVpn.Appliance.Capture;

/// <summary>Keys that were given out on request.</summary>
/// <param name="Ike">Rows of Wireshark's <c>ikev2_decryption_table</c>, one per IKE SA.</param>
/// <param name="Esp">Rows of <c>esp_sa</c>, one per direction of a child SA made while keys were lent.</param>
/// <param name="Nameless">SAs whose algorithm Wireshark has no name for.</param>
public sealed record LentKeys(ImmutableArray<string> Ike, ImmutableArray<string> Esp, int Nameless);

/// <summary>Rows of Wireshark's key tables (4.x: the cipher with its key length for IKE, without for ESP).</summary>
public static class WiresharkKeys
{
    /// <summary>A row of <c>ikev2_decryption_table</c>; null for an algorithm that Wireshark has no name for.</summary>
    public static string? Ike(IkeOutput.KeysExported keys)
    {
        var suite = keys.Suite;
        var cipher = suite.Encryption switch
        {
            EncryptionAlgorithm.AesCbc => $"AES-CBC-{suite.KeyLength} [RFC3602]",
            EncryptionAlgorithm.AesGcm16 => $"AES-GCM-{suite.KeyLength} with 16 octet ICV [RFC5282]",
            EncryptionAlgorithm.TripleDes => "3DES [RFC2451]",
            _ => null,
        };
        var integrity = suite.Integrity switch
        {
            IntegrityAlgorithm.None => "NONE [RFC4306]",
            IntegrityAlgorithm.HmacSha1_96 => "HMAC_SHA1_96 [RFC2404]",
            IntegrityAlgorithm.HmacSha256_128 => "HMAC_SHA2_256_128 [RFC4868]",
            IntegrityAlgorithm.HmacSha384_192 => "HMAC_SHA2_384_192 [RFC4868]",
            IntegrityAlgorithm.HmacSha512_256 => "HMAC_SHA2_512_256 [RFC4868]",
            _ => null,
        };
        return cipher is null || integrity is null ? null : string.Join(
            ',', $"{keys.InitiatorSpi:x16}", $"{keys.ResponderSpi:x16}", Hex(keys.Keys.SkEi), Hex(keys.Keys.SkEr), $"\"{cipher}\"", Hex(keys.Keys.SkAi), Hex(keys.Keys.SkAr), $"\"{integrity}\"");
    }

    /// <summary>Rows of <c>esp_sa</c> for both directions; empty for an algorithm without a name.</summary>
    public static IEnumerable<string> Esp(IkeOutput.InstallChildSa child)
    {
        var (here, there) = (child.Path.Local.Address, child.Path.Remote.Address);
        var rows = new[] { Row(there.ToString(), here.ToString(), here.IsIPv6, child.Inbound), Row(here.ToString(), there.ToString(), here.IsIPv6, child.Outbound) };
        return rows.OfType<string>();
    }

    private static string? Row(string from, string to, bool isIPv6, EspSaParameters sa)
    {
        var cipher = sa.Suite.Encryption switch
        {
            EncryptionAlgorithm.AesCbc => "AES-CBC [RFC3602]",
            EncryptionAlgorithm.AesGcm16 => "AES-GCM with 16 octet ICV [RFC4106]",
            EncryptionAlgorithm.TripleDes => "TripleDES-CBC [RFC2451]",
            EncryptionAlgorithm.ChaCha20Poly1305 => "ChaCha20 with Poly1305 [RFC7634]",
            _ => null,
        };
        var integrity = sa.Suite.Integrity switch
        {
            IntegrityAlgorithm.None => "NULL",
            IntegrityAlgorithm.HmacSha1_96 => "HMAC-SHA-1-96 [RFC2404]",
            IntegrityAlgorithm.HmacSha256_128 => "HMAC-SHA-256-128 [RFC4868]",
            IntegrityAlgorithm.HmacSha384_192 => "HMAC-SHA-384-192 [RFC4868]",
            IntegrityAlgorithm.HmacSha512_256 => "HMAC-SHA-512-256 [RFC4868]",
            _ => null,
        };
        return cipher is null || integrity is null ? null : string.Join(
            ',', isIPv6 ? "\"IPv6\"" : "\"IPv4\"", $"\"{from}\"", $"\"{to}\"", $"\"0x{sa.Spi:x8}\"", $"\"{cipher}\"", Quoted(sa.EncryptionKey.Octets), $"\"{integrity}\"", Quoted(sa.IntegrityKey.Octets));
    }

    private static string Quoted(ReadOnlySpan<byte> octets) => octets.IsEmpty ? "\"\"" : $"\"0x{Hex(octets)}\"";

    private static string Hex(ReadOnlySpan<byte> octets) => Convert.ToHexStringLower(octets);
}
