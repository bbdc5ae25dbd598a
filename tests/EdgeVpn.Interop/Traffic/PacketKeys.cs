using System.Collections.Immutable;

namespace EdgeVpn.Interop.Traffic;

/// <summary>Keys of one IKE SA. AEAD keys carry their salt at the end and have no integrity keys.</summary>
/// <param name="InitiatorSpi">16 hex digits.</param>
/// <param name="ResponderSpi">16 hex digits.</param>
/// <param name="Encryption">Keyword: aes256, aes256gcm16 …</param>
/// <param name="Integrity">Keyword: sha256 …; empty with an AEAD.</param>
public sealed record IkeKeys(
    string InitiatorSpi, string ResponderSpi, string Encryption, string Integrity,
    ImmutableArray<byte> EncryptionInitiator, ImmutableArray<byte> EncryptionResponder,
    ImmutableArray<byte> IntegrityInitiator, ImmutableArray<byte> IntegrityResponder);

/// <summary>Keys of one ESP SA, one direction. <paramref name="Source"/> and <paramref name="Destination"/> are outer addresses.</summary>
public sealed record EspKeys(
    uint Spi, string Source, string Destination, string Encryption, string Integrity,
    ImmutableArray<byte> EncryptionKey, ImmutableArray<byte> IntegrityKey);

/// <summary>What a second implementation calls the algorithms that the keywords of a proposal name.</summary>
internal sealed record AlgorithmNames(string WiresharkIke, string WiresharkEsp, string Scapy)
{
    private static readonly Dictionary<string, AlgorithmNames> Known = new(StringComparer.Ordinal)
    {
        ["aes128"] = new("AES-CBC-128 [RFC3602]", "AES-CBC [RFC3602]", "AES-CBC"),
        ["aes192"] = new("AES-CBC-192 [RFC3602]", "AES-CBC [RFC3602]", "AES-CBC"),
        ["aes256"] = new("AES-CBC-256 [RFC3602]", "AES-CBC [RFC3602]", "AES-CBC"),
        ["aes128gcm16"] = new("AES-GCM-128 with 16 octet ICV [RFC5282]", "AES-GCM with 16 octet ICV [RFC4106]", "AES-GCM"),
        ["aes192gcm16"] = new("AES-GCM-192 with 16 octet ICV [RFC5282]", "AES-GCM with 16 octet ICV [RFC4106]", "AES-GCM"),
        ["aes256gcm16"] = new("AES-GCM-256 with 16 octet ICV [RFC5282]", "AES-GCM with 16 octet ICV [RFC4106]", "AES-GCM"),
        ["sha1"] = new("HMAC_SHA1_96 [RFC2404]", "HMAC-SHA-1-96 [RFC2404]", "HMAC-SHA1-96"),
        ["sha256"] = new("HMAC_SHA2_256_128 [RFC4868]", "HMAC-SHA-256-128 [RFC4868]", "SHA2-256-128"),
        ["sha384"] = new("HMAC_SHA2_384_192 [RFC4868]", "HMAC-SHA-384-192 [RFC4868]", "SHA2-384-192"),
        ["sha512"] = new("HMAC_SHA2_512_256 [RFC4868]", "HMAC-SHA-512-256 [RFC4868]", "SHA2-512-256"),
        [""] = new("NONE [RFC4306]", "NULL", "NULL"),
    };

    internal static AlgorithmNames Of(string keyword) =>
        Known.TryGetValue(keyword, out var names) ? names : throw new ArgumentException($"no second implementation here knows {keyword}", nameof(keyword));
}
