using System.Diagnostics.CodeAnalysis;
using System.Text;
using System.Text.Json;

namespace EdgeVpn.Model.Azure;

/// <summary>Finds out what a file is, and takes the resources out of it.</summary>
internal sealed class AzureFileReader(AzureResources found, List<ImportRemark> remarks)
{
    private const string PointToSite = "This box makes site-to-site tunnels: create a connection (`az network vpn-connection create`) and import what `az network vpn-connection show`, `vnet-gateway show` and `local-gateway show` print.";
    private const int MaxUnwrapping = 8; // a list in a response in a string: nobody nests deeper

    private readonly Dictionary<string, JsonElement> _parameters = new(StringComparer.OrdinalIgnoreCase);
    private readonly List<(string Source, JsonElement Template)> _templates = [];

    /// <summary>Reads one file. Templates wait for <see cref="Finish"/>: their parameters may come in a later file.</summary>
    public void Read(AzureFile file)
    {
        if (file.Octets.Length > AzureImport.MaxFileOctets)
        {
            Refuse(file.Name, $"It has more than {AzureImport.MaxFileOctets} octets.", "export only the gateway's own resources");
            return;
        }

        var octets = file.Octets.Span;
        if (octets.StartsWith("PK\u0003\u0004"u8))
        {
            Refuse(file.Name, "It is a zip archive, as the portal makes them for point-to-site clients.", PointToSite);
        }
        else if (octets.StartsWith("-----BEGIN CERTIFICATE"u8) || (octets.Length > 1 && octets[0] == 0x30 && octets[1] == 0x82))
        {
            Refuse(file.Name, "It is a certificate, as point-to-site profiles bring one.", PointToSite); // DER begins with a SEQUENCE of two octets' length
        }
        else if (!TryText(octets, out var text))
        {
            Refuse(file.Name, "It is not text.", "save what `az … show` prints");
        }
        else
        {
            Text(file.Name, text, 0);
        }
    }

    /// <summary>Evaluates the templates with the parameters of all files.</summary>
    public void Finish()
    {
        foreach (var (source, template) in _templates)
            foreach (var resource in ArmTemplate.Resources(template, _parameters, source, remarks)) Document(source, resource, 0);
    }

    private void Text(string source, string text, int depth)
    {
        var start = text.AsSpan().TrimStart();
        if (start.IsEmpty)
        {
            Refuse(source, "It is empty.");
        }
        else if (start[0] is not ('"' or '{' or '[') && DeviceScript.IsScript(text))
        {
            found.Scripts.Add(DeviceScript.Read(source, text));
        }
        else if (start[0] == '<')
        {
            var isProfile = text.Contains("AzVpnProfile", StringComparison.Ordinal) || text.Contains("VpnProfile", StringComparison.Ordinal) || text.Contains("VpnServer", StringComparison.Ordinal);
            Refuse(source, isProfile ? "It is a point-to-site profile: it connects one computer, not an office." : "It is XML, which no tool of Azure prints for a connection.", PointToSite);
        }
        else if (IsOpenVpn(text))
        {
            Refuse(source, "It is an OpenVPN point-to-site profile: it connects one computer, not an office.", PointToSite);
        }
        else if (start.StartsWith("resource ") || start.StartsWith("param ") || start.StartsWith("targetScope") || text.Contains("\nresource ", StringComparison.Ordinal))
        {
            Refuse(source, "It is Bicep.", $"compile it first: az bicep build --file {source}");
        }
        else if (start.StartsWith("ERROR:"))
        {
            Refuse(source, "It holds an error message of az instead of an answer.", "run the command again and look at what it says");
        }
        else
        {
            Json(source, text, depth);
        }
    }

    private void Json(string source, string text, int depth)
    {
        var documents = AzureJson.ParseAll(text, out var trouble);
        if (trouble is not null)
        {
            Refuse(source, trouble, "save the whole of what `az … show` prints, in JSON (`-o json`)");
            return;
        }

        foreach (var document in documents)
        {
            // az prints a device script as one JSON string.
            if (document.ValueKind == JsonValueKind.String && depth == 0 && new AzureNode(document, new AzureCuts()).Text is { } inner) Text(source, inner, depth + 1);
            else Document(source, document, 0);
        }
    }

    private void Document(string source, JsonElement document, int depth)
    {
        if (depth > MaxUnwrapping) return;
        if (document.ValueKind == JsonValueKind.Array)
        {
            foreach (var item in document.EnumerateArray()) Document(source, item, depth + 1);
            return;
        }

        if (document.ValueKind != JsonValueKind.Object)
        {
            Ignore(source, "A value that is no resource");
            return;
        }

        if (ArmTemplate.IsTemplate(document))
        {
            _templates.Add((source, document));
            return;
        }

        if (ArmTemplate.IsParameters(document))
        {
            foreach (var (name, value) in ArmTemplate.ParametersOf(document)) _parameters[name] = value;
            return;
        }

        var cuts = new AzureCuts();
        Resource(source, new AzureNode(document, cuts), depth);
        if (cuts.Names.Count > 0)
            remarks.Add(new ImportRemark(ImportRemarkKind.NotHonoured, source, $"PowerShell cut off {string.Join(", ", cuts.Names)}.", "print it again with `ConvertTo-Json -Depth 10`"));
    }

    private void Resource(string source, AzureNode node, int depth)
    {
        if (node["responses"] is { IsObject: true } responses)
        {
            // The examples of the REST reference: one answer per status code.
            foreach (var response in responses.Element.EnumerateObject())
                if (new AzureNode(response.Value, node.Cuts)["body"] is { Exists: true } body) Document(source, body.Element, depth + 1);
            return;
        }

        if (node["vpnSiteConfiguration"].IsObject)
        {
            found.Scripts.AddRange(DeviceScript.OfVirtualWan(source, node).Take(AzureImport.MaxResources));
            return;
        }

        if (node["schema"].Exists && node["connections"].Element.ValueKind == JsonValueKind.Array)
        {
            Refuse(source, "It is a configuration of this box already, and nothing that Azure printed.", $"edgevpn config check {source}");
            return;
        }

        if (node["error"] is { IsObject: true } error)
        {
            Refuse(source, $"Azure answered with an error: {error["code"].Text ?? "no code"}.", error["message"].Text);
            return;
        }

        if (found.Connections.Count + found.Gateways.Count + found.Sites.Count + found.Networks.Count > AzureImport.MaxResources)
        {
            Refuse(source, $"There are more than {AzureImport.MaxResources} resources.", "export only the gateway's own resources");
            return;
        }

        var kind = AzureResourceReader.KindOf(node);
        if (kind == AzureKind.Unknown && node["value"] is { Element.ValueKind: JsonValueKind.Array } list) Document(source, list.Element, depth + 1);
        else if (kind == AzureKind.Unknown) Ignore(source, AzureResourceReader.Describe(node));
        else AzureResourceReader.Read(source, node, kind, found);
    }

    private void Ignore(string source, string what)
    {
        var remark = new ImportRemark(ImportRemarkKind.Note, source, $"{what} has no part in a connection, and was left out.");
        if (!remarks.Contains(remark)) remarks.Add(remark);
    }

    private void Refuse(string source, string sentence, string? remedy = null) => remarks.Add(new ImportRemark(ImportRemarkKind.Refused, source, sentence, remedy));

    private static bool IsOpenVpn(string text)
    {
        var lines = text.Split('\n', 64);
        return lines.Any(l => l.Trim() == "client") && lines.Any(l => l.StartsWith("remote ", StringComparison.Ordinal) || l.StartsWith("dev tun", StringComparison.Ordinal));
    }

    /// <summary>UTF-8, or UTF-16 as Windows PowerShell's &gt; writes it.</summary>
    private static bool TryText(ReadOnlySpan<byte> octets, [NotNullWhen(true)] out string? text)
    {
        text = null;
        var encoding = octets switch
        {
            [0xff, 0xfe, ..] => new UnicodeEncoding(bigEndian: false, byteOrderMark: true, throwOnInvalidBytes: true),
            [0xfe, 0xff, ..] => new UnicodeEncoding(bigEndian: true, byteOrderMark: true, throwOnInvalidBytes: true),
            _ => (Encoding)new UTF8Encoding(false, throwOnInvalidBytes: true),
        };
        try
        {
            text = encoding.GetString(octets).TrimStart('\ufeff');
        }
        catch (DecoderFallbackException)
        {
            return false;
        }

        return !text.Contains('\0', StringComparison.Ordinal);
    }
}
