using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using EdgeVpn.Model.Jose;

namespace EdgeVpn.Model.Twin;

/// <summary>How a box becomes one of a fleet, over a broker that nobody has to trust.</summary>
/// <remarks>
/// <code>
///     edgevpn/enrol/{fingerprint}/up      retained  box → operator   JWS by the box's new key over <see cref="EnrolmentRequest"/>
///     edgevpn/enrol/{fingerprint}/down    retained  operator → box   <see cref="EnrolmentAnswer"/>: JWS by the fleet's key over <see cref="EnrolmentGrant"/>
/// </code>
/// The operator believes the request for the card's token in it, and shows the fingerprint; the box believes the answer for the
/// fleet key's thumbprint on the card. The broker can withhold, and nothing else.
/// </remarks>
public static class EnrolmentTopic
{
    public const string UpFilter = $"{TwinTopic.Prefix}/enrol/+/up";

    /// <summary>Largest message either way, in octets.</summary>
    public const int MaxOctets = 32 * 1_024;

    public static string Up(string fingerprint) => $"{TwinTopic.Prefix}/enrol/{fingerprint}/up";

    public static string Down(string fingerprint) => $"{TwinTopic.Prefix}/enrol/{fingerprint}/down";

    /// <summary>The fingerprint in an <c>up</c> topic; null for every other topic.</summary>
    public static string? FingerprintOf(string topic) =>
        topic.Length <= TwinLimits.MaxTopicLength && topic.Split('/') is [TwinTopic.Prefix, "enrol", var fingerprint, "up"] && TwinName.IsValid(fingerprint) ? fingerprint : null;
}

/// <summary>A box asks for its certificate.</summary>
/// <param name="Fleet">As on the card.</param>
/// <param name="Device">As on the card.</param>
/// <param name="Csr">PKCS #10 of the identity key, DER, base64.</param>
/// <param name="Sealing">The key that secrets are to be sealed to.</param>
/// <param name="Mac">HMAC-SHA-256 under the card's token, base64; see <see cref="MacOf"/>. Empty when a box that is enrolled renews.</param>
public sealed record EnrolmentRequest(string Fleet, string Device, string Csr, P256Key Sealing, string Mac)
{
    /// <summary>Over purpose, fleet, device, CSR and sealing key, each ended by a zero octet.</summary>
    public static string MacOf(ReadOnlySpan<byte> token, EnrolmentRequest request) => Convert.ToBase64String(HMACSHA256.HashData(
        token, Encoding.UTF8.GetBytes($"edgevpn-enrolment\0{request.Fleet}\0{request.Device}\0{request.Csr}\0{request.Sealing.Thumbprint}\0")));

    /// <summary>In constant time.</summary>
    public bool IsAuthentic(ReadOnlySpan<byte> token) =>
        CryptographicOperations.FixedTimeEquals(Encoding.UTF8.GetBytes(MacOf(token, this)), Encoding.UTF8.GetBytes(Mac));
}

/// <summary>The operator's answer.</summary>
/// <param name="Key">The fleet's key; its thumbprint is on the card.</param>
/// <param name="Grant">JWS of <see cref="SignedType.Enrolment"/>.</param>
public sealed record EnrolmentAnswer(P256Key Key, string Grant)
{
    public byte[] ToJson() => JsonSerializer.SerializeToUtf8Bytes(this, TwinJson.Wire.EnrolmentAnswer);
}

/// <summary>What a box gets.</summary>
/// <param name="Fleet">Its fleet.</param>
/// <param name="Device">Its name.</param>
/// <param name="Identity">Thumbprint of the key the certificate is for: no answer serves two boxes.</param>
/// <param name="Broker">Where to connect from now on.</param>
/// <param name="Certificate">The box's, PEM.</param>
/// <param name="IssuedAt">By the operator's clock.</param>
/// <param name="Trust">Whom to trust.</param>
public sealed record EnrolmentGrant(string Fleet, string Device, string Identity, string Broker, string Certificate, DateTimeOffset IssuedAt, TrustDocument Trust);

/// <summary>Whom a box trusts: whose documents it takes and which authorities its broker's certificate may come from.</summary>
/// <param name="FleetKeys">At least one; two while keys change.</param>
/// <param name="Authorities">Certificates, PEM, one after the other.</param>
public sealed record TrustDocument(IReadOnlyList<P256Key> FleetKeys, string Authorities)
{
    /// <summary>Fleet keys in one trust.</summary>
    public const int MaxKeys = 8;

    public bool IsSound => FleetKeys.Count is >= 1 and <= MaxKeys && Authorities.Length is > 0 and <= 16 * 1_024;
}
