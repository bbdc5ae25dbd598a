using System.Collections.Immutable;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using EdgeVpn.Model.Configuration;
using EdgeVpn.Model.Jose;
using EdgeVpn.Model.Validation;

namespace EdgeVpn.Model.Twin;

/// <summary>Opens what an operator sealed: the configuration as it is used, in memory only.</summary>
/// <remarks>Sealed is one object with one field, as it would stand in the configuration: <c>{"psk":"…"}</c>. On disk it stays sealed.</remarks>
public static class SealedSecrets
{
    private static readonly string[] Kinds = ["psk", "password", "privateKey"];

    /// <summary>True if a box needs its key for this configuration.</summary>
    public static bool AnyIn(BoxConfig configuration) => configuration.Secrets.Values.Any(s => s.Sealed is not null);

    /// <summary>The configuration with every sealed secret opened, or every problem; paths start at <c>$</c>, and no sentence quotes a secret.</summary>
    /// <param name="configuration">Validated.</param>
    /// <param name="box">The box's sealing key pair; null if it has none.</param>
    public static (BoxConfig? Opened, ImmutableArray<ReportedProblem> Problems) Open(BoxConfig configuration, ECDiffieHellman? box)
    {
        if (!AnyIn(configuration)) return (configuration, []);
        var problems = ImmutableArray.CreateBuilder<ReportedProblem>();
        var secrets = configuration.Secrets.ToBuilder();
        foreach (var (name, secret) in configuration.Secrets.OrderBy(s => s.Key, StringComparer.Ordinal))
        {
            if (secret.Sealed is not { } text) continue;
            if (Open(text.Reveal(), box, out var problem) is { } opened) secrets[name] = opened;
            else problems.Add(new ReportedProblem($"$.secrets.{name}.sealed", problem!));
        }

        if (problems.Count > 0) return (null, problems.ToImmutable());
        var result = configuration with { Secrets = secrets.ToImmutable() };
        // What was hidden from validation until now: a secret of the wrong kind, an empty one.
        var errors = ConfigurationReader.Check(result).Where(p => p.Severity == ProblemSeverity.Error).Select(p => new ReportedProblem(p.Path.ToString(), p.Sentence)).ToImmutableArray();
        return errors.IsEmpty ? (result, []) : (null, errors);
    }

    private static SecretConfig? Open(string sealedText, ECDiffieHellman? box, out string? problem)
    {
        problem = "is sealed, and this box has no key: it was never enrolled.";
        if (box is null || !SealedText.TryOpen(sealedText, box, out var plaintext, out problem)) return null;
        try
        {
            problem = "opens to something else than one of psk, password, privateKey.";
            using var json = JsonDocument.Parse(plaintext, new JsonDocumentOptions { MaxDepth = 1, AllowDuplicateProperties = false });
            if (json.RootElement.ValueKind != JsonValueKind.Object || json.RootElement.GetPropertyCount() != 1) return null;
            var (kind, value) = json.RootElement.EnumerateObject().Select(p => (p.Name, p.Value)).Single();
            if (value.ValueKind != JsonValueKind.String || Array.IndexOf(Kinds, kind) < 0) return null;
            var text = new SecretText(value.GetString()!);
            return kind switch
            {
                "psk" => new SecretConfig { Psk = text },
                "password" => new SecretConfig { Password = text },
                _ => new SecretConfig { PrivateKey = text },
            };
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            return null;
        }
        finally
        {
            CryptographicOperations.ZeroMemory(plaintext);
        }
    }

    /// <summary>The plaintext of a secret of one kind: UTF-8 JSON; the caller zeroes it.</summary>
    /// <param name="kind">psk, password or privateKey.</param>
    /// <param name="secret">Its text.</param>
    public static byte[] Plaintext(string kind, string secret) =>
        Encoding.UTF8.GetBytes($$"""{"{{kind}}":"{{JsonEncodedText.Encode(secret)}}"}""");
}
