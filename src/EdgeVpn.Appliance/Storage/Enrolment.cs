using System.Collections.Immutable;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;
using EdgeVpn.Model.Jose;
using EdgeVpn.Model.Twin;

namespace EdgeVpn.Appliance.Storage;

/// <summary>A box's membership in a fleet: who it is, how it shows that, and whom it believes. Nothing in it is secret.</summary>
/// <param name="Identity">Fleet and device.</param>
/// <param name="Broker">The broker it was told; a document may name another.</param>
/// <param name="Certificate">The box's, PEM; its key is in the key file.</param>
/// <param name="Trust">Fleet keys and authorities.</param>
/// <param name="Released">The fleet let it go: it may enrol elsewhere.</param>
public sealed record Enrolment(TwinIdentity Identity, BrokerAddress Broker, string Certificate, TrustDocument Trust, bool Released = false)
{
    /// <summary>When the certificate ends.</summary>
    [JsonIgnore]
    public DateTimeOffset NotAfter
    {
        get
        {
            using var certificate = X509Certificate2.CreateFromPem(Certificate);
            return certificate.NotAfter;
        }
    }

    /// <summary>The authorities, parsed.</summary>
    public X509Certificate2Collection Authorities()
    {
        var authorities = new X509Certificate2Collection();
        authorities.ImportFromPem(Trust.Authorities);
        return authorities;
    }

    public byte[] ToJson() => JsonSerializer.SerializeToUtf8Bytes(
        new EnrolmentFile(Identity.Fleet, Identity.Device, Broker.ToString(), [.. Trust.FleetKeys], Certificate, Trust.Authorities, Released), EnrolmentJson.ForEyes.EnrolmentFile);

    /// <summary>Null if these octets are not what <see cref="ToJson"/> wrote.</summary>
    public static Enrolment? Read(byte[] json)
    {
        if (!TwinJson.TryRead(json, EnrolmentJson.Default.EnrolmentFile, out var file)) return null;
        if (!TwinName.IsValid(file.Fleet) || TwinName.IsReservedFleet(file.Fleet) || !TwinName.IsValid(file.Device) || !BrokerAddress.TryParse(file.Broker, out var broker)) return null;
        var enrolment = new Enrolment(new TwinIdentity(file.Fleet, file.Device), broker, file.Certificate, new TrustDocument(file.FleetKeys, file.Authorities), file.Released);
        return enrolment.Trust.IsSound && enrolment.HasCertificates() ? enrolment : null;
    }

    /// <summary>True if certificate and authorities can be read, and the certificate is for this key and of these authorities.</summary>
    /// <param name="identity">The key it must be for; null: not looked at.</param>
    public bool HasCertificates(P256Key? identity = null)
    {
        try
        {
            using var certificate = X509Certificate2.CreateFromPem(Certificate);
            using var key = certificate.GetECDsaPublicKey();
            if (key is null || (identity is not null && !P256Key.Of(key).Equals(identity))) return false;
            var authorities = Authorities();
            using var chain = new X509Chain();
            chain.ChainPolicy.TrustMode = X509ChainTrustMode.CustomRootTrust;
            chain.ChainPolicy.CustomTrustStore.AddRange(authorities);
            chain.ChainPolicy.RevocationMode = X509RevocationMode.NoCheck;
            chain.ChainPolicy.DisableCertificateDownloads = true;
            // A box's clock may be years off at its first start: whether the certificate is in time is the broker's to say.
            chain.ChainPolicy.VerificationFlags = X509VerificationFlags.IgnoreNotTimeValid;
            var isOurs = chain.Build(certificate);
            foreach (var authority in authorities) authority.Dispose();
            return isOurs;
        }
        catch (Exception e) when (e is CryptographicException or ArgumentException)
        {
            return false;
        }
    }
}

/// <summary>The file's own shape.</summary>
internal sealed record EnrolmentFile(
    string Fleet, string Device, string Broker, ImmutableArray<P256Key> FleetKeys, string Certificate, string Authorities, bool Released = false);

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, WriteIndented = true, UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow,
    RespectNullableAnnotations = true, RespectRequiredConstructorParameters = true, Converters = [typeof(P256KeyConverter)])]
[JsonSerializable(typeof(EnrolmentFile))]
internal sealed partial class EnrolmentJson : JsonSerializerContext
{
    private static EnrolmentJson? _forEyes;

    public static EnrolmentJson ForEyes => _forEyes ??= new(new JsonSerializerOptions(Default.Options) { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping });
}
