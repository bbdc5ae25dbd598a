using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using EdgeVpn.Appliance.Storage;
using EdgeVpn.Model.Jose;
using EdgeVpn.Model.Twin;

namespace EdgeVpn.Appliance.Cloud;

/// <summary>A box's side of enrolment without the wire: what it asks, and whether an answer is the one to believe.</summary>
public static class EnrolmentAnswerCheck
{
    /// <summary>The signed request for <c>up</c>.</summary>
    public static byte[] Request(ClaimCard card, IBoxKeys keys)
    {
        var request = Unauthenticated(card.Identity, keys);
        request = request with { Mac = EnrolmentRequest.MacOf(card.Token.Span, request) };
        return SignedMessage.Sign(keys.Identity, SignedType.Enrolment, System.Text.Json.JsonSerializer.SerializeToUtf8Bytes(request, TwinJson.Wire.EnrolmentRequest));
    }

    /// <summary>A request as a box that is enrolled makes it: the signed command that asked for it vouches for the way back.</summary>
    public static EnrolmentRequest Unauthenticated(TwinIdentity identity, IBoxKeys keys)
    {
        var csr = new CertificateRequest(new X500DistinguishedName($"CN={identity.Device}"), keys.Identity, HashAlgorithmName.SHA256);
        return new EnrolmentRequest(identity.Fleet, identity.Device, Convert.ToBase64String(csr.CreateSigningRequest()), P256Key.Of(keys.Sealing), "");
    }

    /// <summary>The membership that an answer grants, or why it is not believed. Whatever the octets are, a value comes back.</summary>
    public static Enrolment? Read(ReadOnlyMemory<byte> octets, ClaimCard card, P256Key identity, out string problem)
    {
        if (octets.Length > EnrolmentTopic.MaxOctets) return No($"it has {octets.Length} octets.", out problem);
        if (!TwinJson.TryRead(octets.Span, TwinJson.Wire.EnrolmentAnswer, out var answer)) return No("it is not an answer to an enrolment.", out problem);
        // The card is what the technician holds: the key that comes over the wire counts only if it is the card's.
        if (!CryptographicOperations.FixedTimeEquals(Encoding.UTF8.GetBytes(answer.Key.Thumbprint), Encoding.UTF8.GetBytes(card.FleetKey)))
            return No("it is not of the fleet that the card names: its key is another one.", out problem);
        if (!Ascii.IsValid(answer.Grant)) return No("its grant is not signed.", out problem);
        if (SignedMessage.Verify(Encoding.ASCII.GetBytes(answer.Grant), SignedType.Enrolment, [answer.Key]) is not SignedReading.Authentic authentic)
            return No("its grant is not signed by the fleet's key.", out problem);
        if (!TwinJson.TryRead(authentic.Payload.Span, TwinJson.Wire.EnrolmentGrant, out var grant)) return No("its grant cannot be read by this version.", out problem);
        if (grant.Fleet != card.Identity.Fleet || grant.Device != card.Identity.Device || grant.Identity != identity.Thumbprint)
            return No("it is for another box.", out problem);
        if (!BrokerAddress.TryParse(grant.Broker, out var broker)) return No("it names a broker that is none.", out problem);
        if (!grant.Trust.IsSound) return No("it names no fleet keys or no authorities, or too many.", out problem);
        var enrolment = new Enrolment(card.Identity, broker, grant.Certificate, grant.Trust);
        if (!enrolment.HasCertificates(identity)) return No("its certificate is not for this box's key, or not of the authority it names.", out problem);
        problem = "";
        return enrolment;
    }

    private static Enrolment? No(string why, out string problem)
    {
        problem = why;
        return null;
    }
}
