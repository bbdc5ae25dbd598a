using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;
using EdgeVpn.Fleet.Operator;
using EdgeVpn.Model.Jose;
using EdgeVpn.Model.Twin;

namespace EdgeVpn.Fleet.Keys;

/// <summary>A fleet as it lies in a folder (and, but for <c>keys/</c>, <c>claims/</c> and <c>state/</c>, in git).</summary>
/// <remarks>
/// <code>
///     fleet.json               name, broker, bootstrap listener
///     configs/DEVICE.json      what a box is to be, whole
///     groups/NAME.json         boxes that share a template, variables, maintenance windows
///     templates/NAME.json      a configuration with places to fill
///     secrets/                 secrets of boxes and groups, sealed to keys/secrets.pem
///     boxes/DEVICE.json        who enrolled: keys, certificate, revoked or not
///     broker/                  Mosquitto's configuration, access rules, certificates, revocation list
///     keys/                    fleet key, authority, operator's certificate, what opens secrets/: mode 0700, never in git
///     claims/DEVICE.json       claim cards that wait: mode 0600, never in git
///     state/                   what was sent and what a rollout did
/// </code>
/// </remarks>
public sealed class FleetFolder
{
    /// <summary>No box can be named so: names begin with a letter or a digit.</summary>
    public const string OperatorName = "$operator";

    private FleetFolder(string path, FleetFile file, BrokerAddress broker, BrokerAddress bootstrap)
    {
        Path = path;
        Name = file.Fleet;
        Broker = broker;
        Bootstrap = bootstrap;
    }

    public string Path { get; }

    public string Name { get; }

    public BrokerAddress Broker { get; }

    public BrokerAddress Bootstrap { get; }

    /// <exception cref="FleetFolderException">There is no fleet in this folder.</exception>
    public static FleetFolder Open(string path)
    {
        var file = ReadJson(At(path, "fleet.json"), FleetJson.Default.FleetFile)
            ?? throw new FleetFolderException($"{path} holds no fleet: `edgefleet init` makes one, --folder names another.");
        if (!TwinName.IsValid(file.Fleet) || TwinName.IsReservedFleet(file.Fleet) || !BrokerAddress.TryParse(file.Broker, out var broker) || !BrokerAddress.TryParse(file.Bootstrap, out var bootstrap))
            throw new FleetFolderException($"{At(path, "fleet.json")} does not name a fleet, its broker and its bootstrap listener.");
        return new FleetFolder(System.IO.Path.GetFullPath(path), file, broker, bootstrap);
    }

    /// <summary>Makes the folder with fresh keys. Nothing that exists is written over.</summary>
    /// <exception cref="FleetFolderException">There is a fleet already.</exception>
    public static FleetFolder Make(string path, string fleet, BrokerAddress broker, BrokerAddress bootstrap, IReadOnlyList<string> extraNames, DateTimeOffset now)
    {
        if (File.Exists(At(path, "fleet.json"))) throw new FleetFolderException($"{path} holds a fleet already; its keys are not made anew.");
        foreach (var folder in (string[])["configs", "groups", "templates", "boxes", "broker"]) Directory.CreateDirectory(At(path, folder));
        foreach (var folder in (string[])["keys", "claims", "state"]) Files.MakePrivateFolder(At(path, folder));
        using var fleetKey = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        Files.WriteSecret(At(path, "keys", "fleet.pem"), fleetKey.ExportPkcs8PrivateKeyPem());
        using var authority = CertificateAuthority.Make(fleet, now);
        WritePair(At(path, "keys", "ca.key"), At(path, "keys", "ca.crt"), authority.Root);
        using var operatorCertificate = authority.IssueOperator(OperatorName, now);
        WritePair(At(path, "keys", "operator.key"), At(path, "keys", "operator.crt"), operatorCertificate);
        using var server = authority.IssueServer([.. extraNames.Prepend(broker.Host).Append(bootstrap.Host).Distinct()], now);
        WritePair(At(path, "broker", "server.key"), At(path, "broker", "server.crt"), server);
        Files.Write(At(path, "broker", "ca.crt"), authority.Root.ExportCertificatePem() + "\n");
        Files.Write(At(path, "broker", "revoked.crl"), PemEncoding.WriteString("X509 CRL", authority.Revoke([], 1, now)) + "\n");
        Files.Write(At(path, ".gitignore"), "keys/\nclaims/\nstate/\nbroker/server.key\n");
        var file = new FleetFile(fleet, broker.ToString(), bootstrap.ToString());
        foreach (var (name, text) in BrokerFiles.For(fleet, broker, bootstrap, System.IO.Path.GetFullPath(path))) Files.Write(At(path, "broker", name), text);
        // Last: a folder without it is no fleet, and init may be run again.
        Files.Write(At(path, "fleet.json"), JsonSerializer.Serialize(file, FleetJson.ForEyes.FleetFile) + "\n");
        return Open(path);
    }

    /// <summary>The key that signs; the caller disposes it.</summary>
    public ECDsa SigningKey() => ReadKey("fleet.pem", ECDsa.Create) ?? throw new FleetFolderException($"{At(Path, "keys", "fleet.pem")} is missing: without it nothing can be signed.");

    /// <summary>The key that is to sign next, while keys change; null if none is. The caller disposes it.</summary>
    public ECDsa? NextKey() => ReadKey("fleet-next.pem", ECDsa.Create);

    /// <summary>Begins a change of keys: from now on boxes are told both.</summary>
    public void MakeNextKey()
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        Files.WriteSecret(At(Path, "keys", "fleet-next.pem"), key.ExportPkcs8PrivateKeyPem());
    }

    /// <summary>Ends it: the next key signs, the one before is kept beside it.</summary>
    public void UseNextKey(DateTimeOffset now)
    {
        File.Move(At(Path, "keys", "fleet.pem"), At(Path, "keys", $"fleet-until-{now.ToUnixTimeSeconds()}.pem"));
        File.Move(At(Path, "keys", "fleet-next.pem"), At(Path, "keys", "fleet.pem"));
    }

    public CertificateAuthority Authority() => new(X509Certificate2.CreateFromPemFile(At(Path, "keys", "ca.crt"), At(Path, "keys", "ca.key")));

    /// <summary>How to reach the broker as the operator of this fleet.</summary>
    public OperatorOptions Connection()
    {
        X509Certificate2Collection authorities = [];
        authorities.ImportFromPemFile(At(Path, "keys", "ca.crt"));
        return new OperatorOptions(Broker, Insecure: !Broker.Tls, authorities, X509Certificate2.CreateFromPemFile(At(Path, "keys", "operator.crt"), At(Path, "keys", "operator.key")));
    }

    /// <summary>Whom boxes are to trust now.</summary>
    public TrustDocument Trust()
    {
        using var key = SigningKey();
        using var next = NextKey();
        return new TrustDocument(next is null ? [P256Key.Of(key)] : [P256Key.Of(key), P256Key.Of(next)], File.ReadAllText(At(Path, "keys", "ca.crt")));
    }

    public IReadOnlyList<FleetMember> Members() =>
        [.. Directory.EnumerateFiles(At(Path, "boxes"), "*.json").Order(StringComparer.Ordinal).Select(f => ReadJson(f, FleetJson.Default.FleetMember)!)];

    public FleetMember? Member(string device) => ReadJson(At(Path, "boxes", device + ".json"), FleetJson.Default.FleetMember);

    public void Save(FleetMember member) => Files.Write(At(Path, "boxes", member.Device + ".json"), JsonSerializer.Serialize(member, FleetJson.ForEyes.FleetMember) + "\n");

    public PendingClaim? Claim(string device) => ReadJson(At(Path, "claims", device + ".json"), FleetJson.Default.PendingClaim);

    public void Save(PendingClaim claim) => Files.WriteSecret(At(Path, "claims", claim.Device + ".json"), JsonSerializer.Serialize(claim, FleetJson.ForEyes.PendingClaim) + "\n");

    public void Forget(PendingClaim claim) => File.Delete(At(Path, "claims", claim.Device + ".json"));

    public string ConfigFile(string device) => At(Path, "configs", device + ".json");

    public string StateFile(string name)
    {
        Files.MakePrivateFolder(At(Path, "state"));
        return At(Path, "state", name);
    }

    /// <summary>Writes the list of every revoked certificate for the broker.</summary>
    public void WriteRevocations(DateTimeOffset now)
    {
        using var authority = Authority();
        var serials = Members().SelectMany(static m => m.RevokedSerials).Select(Convert.FromHexString);
        Files.Write(At(Path, "broker", "revoked.crl"), PemEncoding.WriteString("X509 CRL", authority.Revoke(serials, now.ToUnixTimeSeconds(), now)) + "\n");
    }

    internal static T? ReadJson<T>(string file, System.Text.Json.Serialization.Metadata.JsonTypeInfo<T> type)
        where T : class
    {
        try
        {
            return JsonSerializer.Deserialize(File.ReadAllBytes(file), type);
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            return null;
        }
        catch (JsonException e)
        {
            throw new FleetFolderException($"{file} does not hold what belongs there: {e.Message}");
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new FleetFolderException($"{file} cannot be read: {e.Message}");
        }
    }

    /// <summary>A private key of <c>keys/</c>; null if there is none. The caller disposes it.</summary>
    /// <param name="name">The file.</param>
    /// <param name="make">An object of its kind, which the key is read into.</param>
    /// <exception cref="FleetFolderException">It cannot be read.</exception>
    internal T? ReadKey<T>(string name, Func<T> make)
        where T : AsymmetricAlgorithm
    {
        var file = At(Path, "keys", name);
        if (!File.Exists(file)) return null;
        var key = make();
        try
        {
            key.ImportFromPem(File.ReadAllText(file));
            return key;
        }
        catch (Exception e) when (e is ArgumentException or CryptographicException or IOException or UnauthorizedAccessException)
        {
            key.Dispose();
            throw new FleetFolderException($"{file} does not hold a key that can be read: {e.Message}");
        }
    }

    private static void WritePair(string keyFile, string certificateFile, X509Certificate2 certificate)
    {
        using var key = certificate.GetECDsaPrivateKey()!;
        Files.WriteSecret(keyFile, key.ExportPkcs8PrivateKeyPem() + "\n");
        Files.Write(certificateFile, certificate.ExportCertificatePem() + "\n");
    }

    private static string At(string path, params ReadOnlySpan<string> parts) => System.IO.Path.Combine([path, .. parts]);
}

/// <summary>Something is wrong with the fleet's folder; one sentence.</summary>
public sealed class FleetFolderException(string message) : Exception(message);

/// <summary>A box that was enrolled.</summary>
/// <param name="Device">Its name.</param>
/// <param name="Identity">The key it shows.</param>
/// <param name="Sealing">The key that secrets are sealed to.</param>
/// <param name="Serial">Of its certificate, hex.</param>
/// <param name="NotAfter">When the certificate ends.</param>
/// <param name="EnrolledAt">By this machine's clock.</param>
public sealed record FleetMember(string Device, P256Key Identity, P256Key Sealing, string Serial, DateTimeOffset NotAfter, DateTimeOffset EnrolledAt)
{
    /// <summary>Certificates that count no more, hex.</summary>
    public IReadOnlyList<string> RevokedSerials { get; init => field = value ?? []; } = [];

    [JsonIgnore]
    public bool IsRevoked => RevokedSerials.Contains(Serial);
}

/// <summary>A claim card that was handed out.</summary>
/// <param name="Device">For whom.</param>
/// <param name="Token">Base64.</param>
/// <param name="NotAfter">Until when.</param>
public sealed record PendingClaim(string Device, string Token, DateTimeOffset NotAfter);

/// <summary><c>fleet.json</c>.</summary>
internal sealed record FleetFile(string Fleet, string Broker, string Bootstrap);

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, WriteIndented = true, RespectNullableAnnotations = true,
    RespectRequiredConstructorParameters = true, Converters = [typeof(P256KeyConverter)])]
[JsonSerializable(typeof(FleetFile))]
[JsonSerializable(typeof(FleetMember))]
[JsonSerializable(typeof(PendingClaim))]
internal sealed partial class FleetJson : JsonSerializerContext
{
    private static FleetJson? _forEyes;

    public static FleetJson ForEyes => _forEyes ??= new(new JsonSerializerOptions(Default.Options) { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping });
}
