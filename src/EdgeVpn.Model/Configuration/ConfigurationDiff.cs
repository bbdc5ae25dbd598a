using System.Collections.Immutable;
using System.Text.Json;

namespace EdgeVpn.Model.Configuration;

/// <summary>What became of a connection from one configuration to the next.</summary>
public enum ChangeKind
{
    Unchanged,
    Added,
    Removed,
    Changed,
}

/// <summary>One connection in a <see cref="ConfigurationDiff"/>.</summary>
/// <param name="Name">The connection's name; renaming removes one and adds another.</param>
/// <param name="Kind">What became of it.</param>
/// <param name="Fields">For a changed one: which fields, relative to the connection (<c>esp.lifetime</c>), or <c>secrets.NAME</c>. Never their values.</param>
public sealed record ConnectionChange(string Name, ChangeKind Kind, ImmutableArray<string> Fields)
{
    // Read again while the SAs stand: routes and firewall follow networks, timers and limits follow their fields.
    private static readonly string[] s_live =
        ["probes", "dpd", "rateLimit", "tunnel.mtu", "tunnel.mssClamp", "local.networks", "remote.networks", "ike.lifetime", "ike.authenticationLifetime", "ike.unique", "esp.lifetime", "esp.lifetimeKilobytes", "mode", "trafficClass"];

    /// <summary>True if the SAs must be negotiated anew; false if every changed field can be applied beneath them.</summary>
    public bool NeedsNewSas => Kind == ChangeKind.Changed && !Fields.All(f => s_live.Any(live => IsWithin(f, live)));

    private static bool IsWithin(string field, string ancestor) =>
        field.StartsWith(ancestor, StringComparison.Ordinal) && (field.Length == ancestor.Length || field[ancestor.Length] is '.' or '[');
}

/// <summary>The difference between two configurations, connection by connection: what did not change is left alone and loses no packet.</summary>
/// <param name="Connections">Every connection of either, in the new one's order; removed ones last.</param>
/// <param name="Box">Fields outside of connections and secrets that changed (<c>interfaces[0].mtu</c>).</param>
public sealed record ConfigurationDiff(ImmutableArray<ConnectionChange> Connections, ImmutableArray<string> Box)
{
    /// <summary>True if nothing changed that the box would notice.</summary>
    public bool IsEmpty => Box.IsEmpty && Connections.All(c => c.Kind == ChangeKind.Unchanged);

    /// <summary>Compares what is in force: writing a default out is no change, and neither is another order of connections.</summary>
    public static ConfigurationDiff Between(BoxConfig before, BoxConfig after)
    {
        var (old, @new) = (ConfigurationWriter.ToElement(EffectiveConfiguration.Of(before)), ConfigurationWriter.ToElement(EffectiveConfiguration.Of(after)));
        var oldByName = ByName(old);
        var changes = ImmutableArray.CreateBuilder<ConnectionChange>();
        foreach (var (name, connection) in ByName(@new))
        {
            if (!oldByName.Remove(name, out var was))
            {
                changes.Add(new ConnectionChange(name, ChangeKind.Added, []));
                continue;
            }

            var fields = new List<string>();
            Compare(was, connection, "", fields);
            foreach (var secret in SecretsOf(connection))
                if (!Same(Secret(old, secret), Secret(@new, secret))) fields.Add($"secrets.{secret}");
            changes.Add(new ConnectionChange(name, fields.Count == 0 ? ChangeKind.Unchanged : ChangeKind.Changed, [.. fields]));
        }

        changes.AddRange(oldByName.Keys.Order(StringComparer.Ordinal).Select(name => new ConnectionChange(name, ChangeKind.Removed, [])));

        var box = new List<string>();
        foreach (var member in Members(old, @new))
            if (member is not ("connections" or "secrets")) Compare(Member(old, member), Member(@new, member), member, box);
        return new ConfigurationDiff(changes.ToImmutable(), [.. box]);
    }

    private static Dictionary<string, JsonElement> ByName(JsonElement root)
    {
        var connections = new Dictionary<string, JsonElement>(); // a valid configuration has no name twice
        foreach (var connection in root.GetProperty("connections").EnumerateArray()) connections[connection.GetProperty("name").GetString()!] = connection;
        return connections;
    }

    private static IEnumerable<string> SecretsOf(JsonElement connection)
    {
        var authentication = connection.GetProperty("authentication");
        foreach (var field in new[] { "secret", "key" })
            if (Member(authentication, field) is { ValueKind: JsonValueKind.String } name) yield return name.GetString()!;
        if (Member(authentication, "ppk") is { ValueKind: JsonValueKind.Object } ppk) yield return ppk.GetProperty("secret").GetString()!;
    }

    private static JsonElement Secret(JsonElement root, string name) => Member(root.GetProperty("secrets"), name);

    private static void Compare(JsonElement a, JsonElement b, string path, List<string> changed)
    {
        if (a.ValueKind == JsonValueKind.Object && b.ValueKind == JsonValueKind.Object)
        {
            foreach (var member in Members(a, b)) Compare(Member(a, member), Member(b, member), path.Length == 0 ? member : $"{path}.{member}", changed);
        }
        else if (a.ValueKind == JsonValueKind.Array && b.ValueKind == JsonValueKind.Array && a.GetArrayLength() == b.GetArrayLength())
        {
            for (var i = 0; i < a.GetArrayLength(); i++) Compare(a[i], b[i], $"{path}[{i}]", changed);
        }
        else if (!Same(a, b))
        {
            changed.Add(path);
        }
    }

    private static bool Same(JsonElement a, JsonElement b) =>
        a.ValueKind == b.ValueKind && (a.ValueKind == JsonValueKind.Undefined || JsonElement.DeepEquals(a, b));

    private static IEnumerable<string> Members(JsonElement a, JsonElement b) =>
        a.EnumerateObject().Select(m => m.Name).Union(b.EnumerateObject().Select(m => m.Name));

    /// <summary>The member, or an undefined element.</summary>
    private static JsonElement Member(JsonElement element, string name) =>
        element.TryGetProperty(name, out var value) ? value : default;
}
