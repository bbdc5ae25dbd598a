using System.CommandLine;
using System.Text.Json;
using EdgeVpn.Fleet.Keys;
using EdgeVpn.Fleet.Wanted;
using EdgeVpn.Ipsec.Crypto;
using EdgeVpn.Model;
using EdgeVpn.Model.Azure;
using EdgeVpn.Model.Validation;
using EdgeVpn.Rehearsal.Lint;
using EdgeVpn.Rehearsal.Topology;
using EdgeVpn.Rehearsal.Topology.Drawing;

namespace EdgeVpn.Fleet.Commands;

/// <summary><c>edgefleet topology</c>: needs neither broker nor fleet.</summary>
internal static class TopologyCommand
{
    private const int MaxFiles = 1_000;

    public static Command Make(FleetConsole console)
    {
        var places = new Argument<string[]>("FOLDER|FILES") { Description = "A fleet's folder, a folder of JSON files, or files: configurations of boxes, and what Azure printed. Default: the current folder.", Arity = ArgumentArity.ZeroOrMore };
        var svg = new Option<string?>("--svg") { HelpName = "FILE", Description = "Draw it there." };
        var sku = new Option<string?>("--sku") { HelpName = "NAME", Description = "The SKU of gateways that no file tells one of: whether they take so many tunnels." };
        var json = new Option<bool>("--json") { Description = "One JSON object, for scripts." };
        var command = new DetailedCommand("topology", "Checks a set of configurations as one picture, names what it is, and draws it.",
            """
            Looks for ends that do not match each other (networks, identities, secrets, proposals, who calls), networks at two places,
            spokes that were forgotten, gateways with more tunnels or more addresses than the boxes know, and what falls with one box.
            Secrets are compared and never printed. Files of Azure's (az, REST, templates) stand for its gateways.
            Exit code: 0 nothing that fails, 1 something will not work, 2 a file or an option cannot be used.

            Example: edgefleet topology lyon --svg lyon.svg
            """)
        { places, svg, sku, json };
        command.SetAction(parsed =>
        {
            if (parsed.GetValue(sku) is { } named && AzureSku.Find(named) is null)
                throw new UsageException($"'{named}' is no SKU of Azure's. {DidYouMean.Sentence(named, AzureSku.All.Select(static s => s.Name).Distinct())}".TrimEnd());
            var report = Topologist.Check(Read(parsed.GetValue(places) is { Length: > 0 } given ? given : ["."]) with { Sku = parsed.GetValue(sku) }, AlgorithmCatalog.Default);
            if (parsed.GetValue(svg) is { } drawing) Write(drawing, TopologyDrawing.Svg(report));
            if (parsed.GetValue(json)) console.Line(Json(report));
            else Print(console, report, parsed.GetValue(svg));
            return report.Fails ? ExitCode.Failed : ExitCode.Done;
        });
        return command;
    }

    private static TopologyParts Read(string[] places)
    {
        var sites = new List<TopologySite>();
        var azure = new List<AzureFile>();
        foreach (var place in places)
        {
            if (File.Exists(Path.Combine(place, "fleet.json"))) Fleet(place, sites);
            else if (Directory.Exists(place)) foreach (var file in Directory.EnumerateFiles(place, "*.json").Order(StringComparer.Ordinal)) One(file, sites, azure);
            else One(place, sites, azure);
            if (sites.Count + azure.Count > MaxFiles) throw new UsageException($"More than {MaxFiles} files are not read.");
        }

        if (sites.Count + azure.Count == 0) throw new UsageException($"{places[0]} holds no configuration.");
        return new TopologyParts([.. sites], azure.Count == 0 ? AzurePicture.Empty : AzurePicture.Read(azure));
    }

    /// <summary>What the operator's folder wants of each box: templates filled in, secrets laid in.</summary>
    private static void Fleet(string folder, List<TopologySite> sites)
    {
        var wanted = WantedFleet.Read(FleetFolder.Open(folder));
        foreach (var device in wanted.Devices())
        {
            var box = wanted.Of(device);
            if (box.Body is not { } body) throw new UsageException($"{device}: {string.Join("\n  ", box.Problems.Select(static p => $"{p.Path} {p.Message}"))}");
            Add(device, device, body, sites);
        }
    }

    private static void One(string file, List<TopologySite> sites, List<AzureFile> azure)
    {
        var octets = Octets(file);
        if (IsConfiguration(octets)) Add(null, file, octets, sites);
        else azure.Add(new AzureFile(file, octets));
    }

    /// <param name="device">Its name in a fleet; elsewhere the configuration's own, else its file's.</param>
    private static void Add(string? device, string source, ReadOnlyMemory<byte> body, List<TopologySite> sites)
    {
        var read = ConfigurationReader.Read(body, DocumentBounds.File);
        if (read.Configuration is not { } configuration) throw new UsageException($"{source}: {string.Join("\n  ", read.Errors.Take(10))}");
        var name = device ?? configuration.Device.Name ?? Path.GetFileNameWithoutExtension(source);
        if (sites.Exists(s => s.Name == name)) throw new UsageException($"Two configurations are of {name}: {source} is the second.");
        sites.Add(new TopologySite(name, configuration));
    }

    /// <summary>Whether it is one of ours, whatever is wrong in it.</summary>
    private static bool IsConfiguration(byte[] octets)
    {
        try
        {
            using var document = JsonDocument.Parse(octets, new JsonDocumentOptions { MaxDepth = 64 });
            var root = document.RootElement;
            return root.ValueKind == JsonValueKind.Object
                && (root.TryGetProperty("connections", out _) || (root.TryGetProperty("schema", out var schema) && schema.ValueKind == JsonValueKind.Number))
                && !root.TryGetProperty("type", out _) && !root.TryGetProperty("properties", out _) && !root.TryGetProperty("id", out _);
        }
        catch (JsonException)
        {
            return false; // Azure's reader says what it is
        }
    }

    private static byte[] Octets(string file)
    {
        try
        {
            var length = new FileInfo(file).Length;
            return length <= AzureImport.MaxFileOctets ? File.ReadAllBytes(file) : throw new UsageException($"{file} has {length} octets; at most {AzureImport.MaxFileOctets} are read.");
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException)
        {
            throw new UsageException(Model.FileTrouble.Sentence(file, fault, Directory.Exists(file)));
        }
    }

    private static void Write(string file, string text)
    {
        try
        {
            File.WriteAllText(file, text);
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException)
        {
            throw new UsageException($"{file} cannot be written: {fault.Message}");
        }
    }

    private static void Print(FleetConsole console, TopologyReport report, string? drawing)
    {
        foreach (var shape in report.Shapes)
        {
            var members = shape.Members.Where(m => m != shape.Centre).Select(m => report.Nodes[m].Name).ToList();
            console.Line(FleetConsole.Printable($"{shape.Words}: {(shape.Centre is { } centre ? $"{report.Nodes[centre].Name} with {string.Join(", ", members)}" : string.Join(", ", members))}"));
        }

        foreach (var finding in report.Findings)
        {
            var tone = finding.Severity switch
            {
                FindingSeverity.Error => Tone.Bad,
                FindingSeverity.Warning => Tone.Busy,
                _ => Tone.Faint,
            };
            console.Line(FleetConsole.Printable($"{ReportText.Word(finding.Severity)} {finding.Id}: {finding.Box}{(finding.Path.Length == 0 ? "" : $" {finding.Path}")}: {finding.Message}"), tone);
            if (finding.Mend is { } mend) console.Line(FleetConsole.Printable($"  mend: {mend}"), Tone.Faint);
        }

        var errors = report.Findings.Count(static f => f.Severity == FindingSeverity.Error);
        var warnings = report.Findings.Count(static f => f.Severity == FindingSeverity.Warning);
        console.Line($"{(report.Fails ? "will not work as it is" : "fits")}: {errors} {(errors == 1 ? "error" : "errors")}, {warnings} {(warnings == 1 ? "warning" : "warnings")}{(drawing is null ? "" : $"; drawn in {drawing}")}", report.Fails ? Tone.Bad : Tone.Good);
    }

    private static string Json(TopologyReport report) => JsonLine.Of(writer =>
    {
        writer.WriteBoolean("fails", report.Fails);
        writer.WriteStartArray("shapes");
        foreach (var shape in report.Shapes)
        {
            writer.WriteStartObject();
            writer.WriteString("kind", Kebab(shape.Kind));
            if (shape.Centre is { } centre) writer.WriteString("centre", report.Nodes[centre].Name);
            writer.WriteStartArray("members");
            foreach (var member in shape.Members) writer.WriteStringValue(report.Nodes[member].Name);
            writer.WriteEndArray();
            writer.WriteBoolean("activeActive", shape.IsActiveActive);
            writer.WriteBoolean("besidePrivateLine", shape.IsBesidePrivateLine);
            writer.WriteEndObject();
        }

        writer.WriteEndArray();
        writer.WriteStartArray("nodes");
        foreach (var node in report.Nodes)
        {
            writer.WriteStartObject();
            writer.WriteString("name", node.Name);
            writer.WriteString("kind", ReportText.Word(node.Kind));
            Texts("addresses", node.Addresses);
            Texts("networks", node.Networks.Select(static n => n.ToString()));
            writer.WriteEndObject();
        }

        writer.WriteEndArray();
        writer.WriteStartArray("links");
        foreach (var link in report.Links)
        {
            writer.WriteStartObject();
            writer.WriteString("from", report.Nodes[link.From].Name);
            writer.WriteString("to", report.Nodes[link.To].Name);
            writer.WriteNumber("tunnels", link.Tunnels);
            writer.WriteBoolean("whole", link.IsWhole);
            writer.WriteEndObject();
        }

        writer.WriteEndArray();
        writer.WriteStartArray("findings");
        foreach (var finding in report.Findings)
        {
            writer.WriteStartObject();
            writer.WriteString("id", finding.Id);
            writer.WriteString("severity", ReportText.Word(finding.Severity));
            writer.WriteString("box", finding.Box);
            writer.WriteString("path", finding.Path);
            writer.WriteString("message", finding.Message);
            if (finding.Mend is { } mend) writer.WriteString("mend", mend);
            writer.WriteEndObject();
        }

        writer.WriteEndArray();

        void Texts(string name, IEnumerable<string> texts)
        {
            writer.WriteStartArray(name);
            foreach (var text in texts) writer.WriteStringValue(text);
            writer.WriteEndArray();
        }
    });

    private static string Kebab(TopologyKind kind) => JsonNamingPolicy.KebabCaseLower.ConvertName(kind.ToString());
}
