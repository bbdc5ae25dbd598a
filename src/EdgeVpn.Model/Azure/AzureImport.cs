using System.Collections.Immutable;
using EdgeVpn.Model.Configuration;
using EdgeVpn.Model.Validation;

namespace EdgeVpn.Model.Azure;

/// <summary>What Azure printed becomes a configuration: any shape, any order, any combination of files.</summary>
/// <remarks>
/// Nothing is guessed silently: a choice is a note, what is missing is asked for by the name of its option or command, and what cannot be is
/// refused with its remedy. What comes out was read back by <see cref="ConfigurationReader"/>.
/// </remarks>
public static class AzureImport
{
    /// <summary>Largest file that is read; a subscription's whole export is larger, and not what is needed.</summary>
    public const int MaxFileOctets = 4 * 1024 * 1024;

    /// <summary>Most files of one import.</summary>
    public const int MaxFiles = 64;

    internal const int MaxResources = 2_000;

    /// <summary>Reads the files and joins what they say. Never throws, whatever the octets.</summary>
    public static AzureImportResult Read(IReadOnlyList<AzureFile> files, AzureImportOptions options)
    {
        var remarks = new List<ImportRemark>();
        var found = new AzureResources();
        var reader = new AzureFileReader(found, remarks);
        foreach (var file in files.Take(MaxFiles)) reader.Read(file);
        reader.Finish();
        if (files.Count > MaxFiles) remarks.Add(new ImportRemark(ImportRemarkKind.Refused, "import", $"{files.Count} files are more than {MaxFiles}."));

        var built = Connections(found, options, remarks);
        if (built.Count == 0 && !remarks.Any(r => r.IsFatal))
        {
            var gateway = found.Gateways.FirstOrDefault()?.Name.Name ?? "GATEWAY";
            remarks.Add(new ImportRemark(
                ImportRemarkKind.Missing, "connection", "No file holds a site-to-site connection.",
                $"az network vpn-connection list -g GROUP --vnet-gateway {gateway} names them; az network vpn-connection show -g GROUP -n NAME prints one"));
        }

        if (built.Count > 1 && options.Psk is not null)
            remarks.Add(new ImportRemark(ImportRemarkKind.Note, "--psk", $"The one key is used for all {built.Count} connections.", "import them one by one where each has its own"));
        if (remarks.Any(r => r.IsFatal)) return new(null, [.. remarks], []);
        var config = new BoxConfig
        {
            Connections = [.. built.Select(b => b.Connection)],
            Secrets = built.ToImmutableDictionary(b => b.Connection.Name, b => new SecretConfig { Psk = new SecretText(b.Key) }),
        };
        var read = ConfigurationReader.Read(ConfigurationWriter.WriteForStorage(config), DocumentBounds.File);
        return new(read.Configuration, [.. remarks], read.Problems);
    }

    private static List<BuiltConnection> Connections(AzureResources found, AzureImportOptions options, List<ImportRemark> remarks)
    {
        var built = new List<BuiltConnection>();
        var names = new HashSet<string>(StringComparer.Ordinal);
        foreach (var connection in All(found))
        {
            if (connection.Type is { } type && !type.Equals("IPsec", StringComparison.OrdinalIgnoreCase))
            {
                remarks.Add(new ImportRemark(ImportRemarkKind.Note, connection.Name.Name, $"A connection of type {type} is not site to site, and was left out."));
                continue;
            }

            if (new AzureJoin(found, options, connection, remarks).Build(Unique(connection.Name.Name, names, remarks)) is { } done) built.Add(done);
        }

        return built;
    }

    /// <summary>The connections of the files, each once; a script stands for one that no other file tells.</summary>
    private static List<AzureConnection> All(AzureResources found)
    {
        var all = new List<AzureConnection>();
        foreach (var connection in found.Connections)
        {
            var at = all.FindIndex(c => c.Name.Names(connection.Name));
            if (at < 0) all.Add(connection);
            else if (all[at].SharedKey is null && connection.SharedKey is not null) all[at] = connection; // the same, printed twice: the fuller one
        }

        all.AddRange(found.Scripts.Where(s => !all.Any(c => c.Name.Names(new ResourceName(s.Connection)))).DistinctBy(s => s.Connection, StringComparer.OrdinalIgnoreCase).Select(AzureJoin.Of));
        return all;
    }

    /// <summary>A name that commands and topics can carry: Azure's are longer, and repeat in other resource groups.</summary>
    private static string Unique(string azure, HashSet<string> taken, List<ImportRemark> remarks)
    {
        const int longest = 32;
        var plain = new string([.. azure.Select(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '_' or '.' ? c : '-')]).TrimStart('-', '_', '.');
        if (plain.Length == 0) plain = "azure";
        if (plain.Length > longest) plain = plain[..longest];
        var name = plain;
        for (var i = 2; !taken.Add(name); i++) name = $"{plain[..Math.Min(plain.Length, longest - 5)]}-{i}";
        if (name != azure) remarks.Add(new ImportRemark(ImportRemarkKind.Note, Subject(azure), $"It is called \"{name}\" on the box."));
        return name;
    }

    private static string Subject(string azure) => azure.Length <= 80 ? azure : azure[..77] + "...";
}

/// <summary>A connection that came out whole, and its key.</summary>
internal sealed record BuiltConnection(ConnectionConfig Connection, string Key);
