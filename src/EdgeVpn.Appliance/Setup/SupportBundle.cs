using System.Collections.Immutable;
using System.Formats.Tar;
using System.IO.Compression;
using System.Runtime.InteropServices;
using System.Text;
using System.Text.Json;
using EdgeVpn.Appliance.Composition;
using EdgeVpn.Appliance.Local;
using EdgeVpn.Model.Configuration;

namespace EdgeVpn.Appliance.Setup;

/// <summary>What helps to find a fault, as one archive that may leave the house: no secret, no key, no octet of anybody's traffic.</summary>
/// <remarks>
/// <code>
///     status.json         as `edgevpn status --json`
///     why.json            the health trees
///     configuration.json  in force, every default written out, secrets hidden
///     events.jsonl        the newest thousand
///     notices.txt         what storage and start had to say
///     machine.txt         versions of box, system and kernel, memory
/// </code>
/// </remarks>
internal static class SupportBundle
{
    private const string Folder = "edgevpn-support/";

    public static byte[] Make(BoxStatus status, WhyAnswer why, BoxConfig configuration, IEnumerable<BoxEvent> events, IEnumerable<string> notices, DateTimeOffset now) => Archive(
    [
        ("status.json", JsonSerializer.Serialize(status, LocalJson.Pages.BoxStatus)),
        ("why.json", JsonSerializer.Serialize(why, LocalJson.Pages.WhyAnswer)),
        ("configuration.json", ConfigurationWriter.WriteRedacted(EffectiveConfiguration.Of(configuration))),
        ("events.jsonl", string.Concat(events.Select(static e => JsonSerializer.Serialize(e, LocalJson.Lines.BoxEvent) + "\n"))),
        ("notices.txt", string.Concat(notices.Select(static line => line + "\n"))),
        ("machine.txt", Machine()),
    ], now);

    private static byte[] Archive(ImmutableArray<(string Name, string Text)> files, DateTimeOffset now)
    {
        using var output = new MemoryStream();
        using (var zip = new GZipStream(output, CompressionLevel.Optimal))
        using (var tar = new TarWriter(zip, TarEntryFormat.Ustar))
        {
            foreach (var (name, text) in files)
            {
                using var content = new MemoryStream(Encoding.UTF8.GetBytes(text));
                tar.WriteEntry(new UstarTarEntry(TarEntryType.RegularFile, Folder + name)
                {
                    DataStream = content,
                    ModificationTime = now,
                    Mode = UnixFileMode.UserRead | UnixFileMode.UserWrite,
                });
            }
        }

        return output.ToArray();
    }

    private static string Machine()
    {
        var text = new StringBuilder();
        text.AppendLine($"edgevpn {ProductVersion.Text} ({RuntimeInformation.RuntimeIdentifier}, {RuntimeInformation.FrameworkDescription})");
        foreach (var file in new[] { "/etc/os-release", "/proc/version", "/proc/device-tree/model", "/proc/uptime", "/proc/meminfo" })
        {
            if (!File.Exists(file)) continue;
            text.AppendLine().AppendLine($"{file}:").AppendLine(File.ReadAllText(file).TrimEnd('\0', '\n'));
        }

        text.AppendLine().AppendLine($"this process: {Environment.WorkingSet / 1024} KiB resident");
        return text.ToString();
    }
}
