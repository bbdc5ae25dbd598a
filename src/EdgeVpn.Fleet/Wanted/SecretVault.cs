using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using EdgeVpn.Fleet.Keys;
using EdgeVpn.Model.Configuration;
using EdgeVpn.Model.Jose;
using EdgeVpn.Model.Twin;

namespace EdgeVpn.Fleet.Wanted;

/// <summary>Whose secret: a box's, or that of every box of a group.</summary>
public readonly record struct SecretOwner(string Kind, string Name)
{
    public static SecretOwner Box(string device) => new("boxes", device);

    public static SecretOwner Group(string group) => new("groups", group);

    public override string ToString() => $"{Kind}/{Name}";
}

/// <summary>Secrets as they lie in the operator's folder, and so in git: each sealed to the key in <c>keys/secrets.pem</c>, one per file.</summary>
/// <remarks>
/// <code>
///     secrets/key.json                  the public half: whoever has the folder may add secrets
///     secrets/boxes/DEVICE/NAME.jwe     compact JWE (ECDH-ES, A256GCM) of {"psk":"…","for":"boxes/DEVICE/NAME"}
///     secrets/groups/GROUP/NAME.jwe
///     keys/secrets.pem                  the private half, never in git: whoever sends configurations needs it
/// </code>
/// What a secret is for is sealed with it: a file that was moved or copied to another box does not open.
/// </remarks>
public sealed class SecretVault(FleetFolder fleet)
{
    /// <summary>Fields of a secret in a configuration.</summary>
    public static IReadOnlyList<string> Kinds { get; } = ["psk", "password", "privateKey"];

    private string Root => Path.Combine(fleet.Path, "secrets");

    /// <summary>Seals a secret and puts it in its place; one that stood there is replaced.</summary>
    /// <exception cref="FleetFolderException">There is no key to seal it to, or it is too long.</exception>
    public void Set(SecretOwner owner, string name, string kind, string secret)
    {
        var plaintext = Encoding.UTF8.GetBytes(new JsonObject { [kind] = secret, ["for"] = $"{owner}/{name}" }.ToJsonString());
        if (plaintext.Length > SealedText.MaxOctets) throw new FleetFolderException($"a secret has at most {SealedText.MaxOctets} octets.");
        using var ephemeral = ECDiffieHellman.Create(ECCurve.NamedCurves.nistP256);
        var text = SealedText.Seal(PublicKey(), ephemeral, RandomNumberGenerator.GetBytes(SealedText.IvOctets), plaintext);
        CryptographicOperations.ZeroMemory(plaintext);
        Directory.CreateDirectory(Path.GetDirectoryName(FileOf(owner, name))!);
        Files.Write(FileOf(owner, name), text + "\n");
    }

    /// <returns>False if there is none.</returns>
    public bool Remove(SecretOwner owner, string name)
    {
        if (!File.Exists(FileOf(owner, name))) return false;
        File.Delete(FileOf(owner, name));
        return true;
    }

    /// <summary>Names, in order.</summary>
    public IReadOnlyList<string> NamesOf(SecretOwner owner) => Directory.Exists(FolderOf(owner))
        ? [.. Directory.EnumerateFiles(FolderOf(owner), "*.jwe").Select(Path.GetFileNameWithoutExtension).OfType<string>().Order(StringComparer.Ordinal)]
        : [];

    /// <summary>Everybody who has a secret here, in order.</summary>
    public IEnumerable<SecretOwner> Owners() =>
        from kind in (string[])["boxes", "groups"]
        let folder = Path.Combine(Root, kind)
        where Directory.Exists(folder)
        from path in Directory.EnumerateDirectories(folder).Order(StringComparer.Ordinal)
        select new SecretOwner(kind, Path.GetFileName(path));

    /// <summary>Opens one.</summary>
    /// <param name="kind">psk, password or privateKey; empty if it does not open.</param>
    /// <param name="problem">Why not; one sentence without a subject.</param>
    /// <returns>The secret, or null.</returns>
    public string? Open(SecretOwner owner, string name, out string kind, out string problem)
    {
        kind = "";
        problem = "needs keys/secrets.pem, which is not in this folder.";
        using var key = PrivateKey();
        if (key is null) return null;
        if (!SealedText.TryOpen(File.ReadAllText(FileOf(owner, name)).TrimEnd(), key, out var plaintext, out var unopened))
        {
            problem = unopened;
            return null;
        }

        try
        {
            using var json = JsonDocument.Parse(plaintext, new JsonDocumentOptions { MaxDepth = 1, AllowDuplicateProperties = false });
            var fields = json.RootElement.EnumerateObject().ToDictionary(static p => p.Name, static p => p.Value.GetString()!);
            problem = $"was sealed for {fields.GetValueOrDefault("for")}: it was moved here.";
            if (fields.GetValueOrDefault("for") != $"{owner}/{name}") return null;
            kind = fields.Keys.Single(k => Kinds.Contains(k));
            return fields[kind];
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            problem = "opens to something else than a secret.";
            return null;
        }
        finally
        {
            CryptographicOperations.ZeroMemory(plaintext);
        }
    }

    /// <summary>Lays a box's secrets into its configuration: all of its own, and of its group's those that it names.</summary>
    /// <returns>True if there was any.</returns>
    internal bool LayInto(JsonObject configuration, string device, FleetGroup? group, ICollection<ReportedProblem> problems)
    {
        var own = NamesOf(SecretOwner.Box(device));
        foreach (var name in own) Lay(configuration, SecretOwner.Box(device), name, problems);
        if (group is null || NamesOf(SecretOwner.Group(group.Name)) is not { Count: > 0 } common) return own.Count > 0;
        var named = Texts(configuration).ToHashSet(StringComparer.Ordinal);
        var needed = common.Where(n => !own.Contains(n) && named.Contains(n)).ToArray();
        foreach (var name in needed) Lay(configuration, SecretOwner.Group(group.Name), name, problems);
        return own.Count + needed.Length > 0;
    }

    /// <summary>Secrets that stand in a configuration in clear.</summary>
    internal static IEnumerable<(string Name, string Kind, string Secret)> InClear(JsonObject configuration)
    {
        if (configuration["secrets"] is not JsonObject secrets) yield break;
        foreach (var (name, secret) in secrets)
        {
            if (secret is not JsonObject fields) continue;
            foreach (var kind in Kinds)
                if (fields[kind] is JsonValue value && value.TryGetValue(out string? text)) yield return (name, kind, text);
        }
    }

    /// <summary>The same for eyes.</summary>
    internal static JsonObject Hidden(JsonObject configuration)
    {
        var hidden = (JsonObject)configuration.DeepClone();
        foreach (var (name, kind, _) in InClear(configuration)) ((JsonObject)hidden["secrets"]![name]!)[kind] = SecretText.Hidden;
        return hidden;
    }

    private void Lay(JsonObject configuration, SecretOwner owner, string name, ICollection<ReportedProblem> problems)
    {
        var where = $"secrets/{owner}/{name}.jwe";
        if (Open(owner, name, out var kind, out var problem) is not { } secret)
        {
            problems.Add(new ReportedProblem(where, problem));
            return;
        }

        if (configuration["secrets"] is null) configuration["secrets"] = new JsonObject();
        if (configuration["secrets"] is not JsonObject secrets) return; // The reader says so.
        if (secrets.ContainsKey(name)) problems.Add(new ReportedProblem(where, "stands in the configuration as well; one of the two has to go."));
        else secrets[name] = new JsonObject { [kind] = secret };
    }

    private static IEnumerable<string> Texts(JsonNode? node) => node switch
    {
        JsonObject fields => fields.SelectMany(static f => Texts(f.Value)),
        JsonArray items => items.SelectMany(Texts),
        JsonValue value when value.TryGetValue(out string? text) => [text],
        _ => [],
    };

    private string FolderOf(SecretOwner owner) => Path.Combine(Root, owner.Kind, owner.Name);

    private string FileOf(SecretOwner owner, string name) => Path.Combine(FolderOf(owner), name + ".jwe");

    /// <summary>The key in the folder; made if there is none and none was ever.</summary>
    private P256Key PublicKey()
    {
        var file = Path.Combine(Root, "key.json");
        if (File.Exists(file))
        {
            using var json = JsonDocument.Parse(File.ReadAllBytes(file));
            if (!Jwk.TryRead(json.RootElement, out var known)) throw new FleetFolderException($"{file} holds no key on P-256.");
            // Who can write to the repository could put a key of their own there, and be sent every secret from then on.
            using var held = PrivateKey();
            if (held is not null && !P256Key.Of(held).Equals(known)) throw new FleetFolderException($"{file} is another key than keys/secrets.pem: find out who changed it.");
            return known;
        }

        using var key = PrivateKey() ?? MakeKey();
        var publicKey = P256Key.Of(key);
        Directory.CreateDirectory(Root);
        Files.Write(file, $$"""{"kty":"EC","crv":"P-256","x":"{{publicKey.X}}","y":"{{publicKey.Y}}"}""" + "\n");
        return publicKey;
    }

    private ECDiffieHellman MakeKey()
    {
        var key = ECDiffieHellman.Create(ECCurve.NamedCurves.nistP256);
        Files.WriteSecret(PrivateFile, key.ExportPkcs8PrivateKeyPem() + "\n");
        return key;
    }

    private ECDiffieHellman? PrivateKey() => fleet.ReadKey(PrivateName, ECDiffieHellman.Create);

    private const string PrivateName = "secrets.pem";

    private string PrivateFile => Path.Combine(fleet.Path, "keys", PrivateName);
}
