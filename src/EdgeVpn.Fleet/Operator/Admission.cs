using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using System.Text.Json;
using EdgeVpn.Fleet.Keys;
using EdgeVpn.Model.Jose;
using EdgeVpn.Model.Twin;

namespace EdgeVpn.Fleet.Operator;

/// <summary>A request that is authentic: its sender holds the card's token, and the key it asks a certificate for.</summary>
/// <param name="Topic">The fingerprint in its topic.</param>
/// <param name="Device">Who it will be.</param>
/// <param name="Identity">The key it made.</param>
/// <param name="Sealing">The key that secrets will be sealed to.</param>
public sealed record Applicant(string Topic, string Device, P256Key Identity, P256Key Sealing);

/// <summary>The operator's side of enrolment without the wire: which requests to believe, and the answer.</summary>
public sealed class Admission(FleetFolder fleet, TimeProvider time)
{
    /// <summary>The card for one device: the one that waits, or a new one.</summary>
    public ClaimCard Card(string device, TimeSpan lifetime)
    {
        var now = time.GetUtcNow();
        var claim = fleet.Claim(device);
        if (claim is null || claim.NotAfter <= now)
        {
            var end = DateTimeOffset.FromUnixTimeSeconds((now + lifetime).ToUnixTimeSeconds());
            claim = new PendingClaim(device, Convert.ToBase64String(RandomNumberGenerator.GetBytes(ClaimCard.TokenOctets)), end);
            fleet.Save(claim);
        }

        using var key = fleet.SigningKey();
        return new ClaimCard(fleet.Bootstrap, new TwinIdentity(fleet.Name, device), P256Key.Of(key).Thumbprint, Convert.FromBase64String(claim.Token), claim.NotAfter);
    }

    /// <summary>Reads a request. Whatever the octets are, a value comes back.</summary>
    /// <param name="fingerprint">Of the topic it came on.</param>
    /// <param name="octets">The message.</param>
    /// <param name="problem">Why it is not believed; one sentence without a subject.</param>
    public Applicant? Read(string fingerprint, ReadOnlyMemory<byte> octets, out string problem)
    {
        if (octets.Length > EnrolmentTopic.MaxOctets) return No("is too large.", out problem);
        if (SignedMessage.Peek(octets) is not { } payload || !TwinJson.TryRead(payload.Span, TwinJson.Wire.EnrolmentRequest, out var request)) return No("is not an enrolment request.", out problem);
        if (request.Fleet != fleet.Name || !TwinName.IsValid(request.Device)) return No("is for another fleet.", out problem);
        if (IdentityOf(request.Csr) is not { } identity) return No("holds no certificate request that its own key signed.", out problem);
        if (identity.Fingerprint != fingerprint) return No("came on another key's topic.", out problem);
        if (SignedMessage.Verify(octets, SignedType.Enrolment, [identity]) is SignedReading.Refused refused) return No(refused.Problem, out problem);
        if (fleet.Claim(request.Device) is not { } claim) return No($"is for {request.Device}, and no claim card for that waits.", out problem);
        if (claim.NotAfter < time.GetUtcNow()) return No($"is for {request.Device}, whose claim card is over.", out problem);
        if (!request.IsAuthentic(Convert.FromBase64String(claim.Token))) return No($"does not know the token of {request.Device}'s claim card.", out problem);
        problem = "";
        return new Applicant(fingerprint, request.Device, identity, request.Sealing);
    }

    /// <summary>Lets it in: its certificate, the fleet's trust; the card is used up.</summary>
    /// <returns>The message for <c>down</c>.</returns>
    public byte[] Admit(Applicant applicant)
    {
        var now = time.GetUtcNow();
        using var authority = fleet.Authority();
        using var publicKey = applicant.Identity.ToVerifier();
        using var certificate = authority.IssueBox(applicant.Device, publicKey, now);
        using var key = fleet.SigningKey();
        var grant = new EnrolmentGrant(
            fleet.Name, applicant.Device, applicant.Identity.Thumbprint, fleet.Broker.ToString(), certificate.ExportCertificatePem() + "\n", now, fleet.Trust());
        var signed = SignedMessage.Sign(key, SignedType.Enrolment, JsonSerializer.SerializeToUtf8Bytes(grant, TwinJson.Wire.EnrolmentGrant));
        var before = fleet.Member(applicant.Device);
        fleet.Save(new FleetMember(applicant.Device, applicant.Identity, applicant.Sealing, certificate.SerialNumber, certificate.NotAfter, now)
        {
            // Another key under the name: the one before it is out.
            RevokedSerials = before is null ? [] : before.Identity.Equals(applicant.Identity) ? before.RevokedSerials : [.. before.RevokedSerials, before.Serial],
        });
        if (before is not null) fleet.WriteRevocations(now);
        if (fleet.Claim(applicant.Device) is { } claim) fleet.Forget(claim);
        return new EnrolmentAnswer(P256Key.Of(key), Encoding.ASCII.GetString(signed)).ToJson();
    }

    /// <summary>The key of a certificate request that proves to have it; null otherwise.</summary>
    internal static P256Key? IdentityOf(string csr)
    {
        try
        {
            var request = CertificateRequest.LoadSigningRequest(Convert.FromBase64String(csr), HashAlgorithmName.SHA256);
            using var key = request.PublicKey.GetECDsaPublicKey();
            return key is null ? null : P256Key.Of(key);
        }
        catch (Exception e) when (e is FormatException or CryptographicException or ArgumentException or NotSupportedException)
        {
            return null;
        }
    }

    private static Applicant? No(string why, out string problem)
    {
        problem = why;
        return null;
    }
}
