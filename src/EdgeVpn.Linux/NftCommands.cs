using System.Text.Json.Nodes;

namespace EdgeVpn.Linux;

/// <summary>Builds the JSON of libnftables-json(5): one table of ours, replaced whole.</summary>
public sealed class NftCommands
{
    private readonly string _family;
    private readonly string _table;
    private readonly JsonArray _commands = [];

    /// <summary>Starts with an empty table, whatever it held before: added (so that it exists), deleted, added again, in one transaction.</summary>
    /// <param name="family">ip, ip6, inet, arp, bridge or netdev.</param>
    /// <param name="table">The table's name.</param>
    public NftCommands(string family, string table)
    {
        _family = family;
        _table = table;
        Add("add", "table", Table(family, table));
        Add("delete", "table", Table(family, table));
        Add("add", "table", Table(family, table));
    }

    /// <summary>For <see cref="Nftables.Apply"/>.</summary>
    public JsonArray Commands => _commands;

    /// <summary>Commands that remove a table if it is there.</summary>
    public static JsonArray Remove(string family, string table)
    {
        var commands = new NftCommands(family, table).Commands;
        commands.RemoveAt(2);
        return commands;
    }

    /// <summary>A chain that the kernel calls at a hook.</summary>
    /// <param name="name">The chain.</param>
    /// <param name="type">filter, nat or route.</param>
    /// <param name="hook">prerouting, input, forward, output, postrouting.</param>
    /// <param name="priority">Lower comes first; 0 is filter.</param>
    /// <param name="policy">accept or drop.</param>
    public NftCommands BaseChain(string name, string type, string hook, int priority, string policy = "accept") => Add("add", "chain", new JsonObject
    {
        ["family"] = _family,
        ["table"] = _table,
        ["name"] = name,
        ["type"] = type,
        ["hook"] = hook,
        ["prio"] = priority,
        ["policy"] = policy,
    });

    /// <summary>A chain that rules jump to.</summary>
    public NftCommands Chain(string name) => Add("add", "chain", new JsonObject { ["family"] = _family, ["table"] = _table, ["name"] = name });

    /// <summary>A rule at the end of a chain.</summary>
    /// <param name="chain">The chain.</param>
    /// <param name="comment">Shown by listings.</param>
    /// <param name="expressions">Matches and a verdict, in order.</param>
    public NftCommands Rule(string chain, string? comment, params ReadOnlySpan<JsonNode> expressions)
    {
        var list = new JsonArray();
        foreach (var expression in expressions) list.Add(expression);
        var rule = new JsonObject { ["family"] = _family, ["table"] = _table, ["chain"] = chain, ["expr"] = list };
        if (comment is not null) rule["comment"] = comment;
        return Add("add", "rule", rule);
    }

    /// <summary>A field of a header against a value: <c>Payload("ip", "daddr")</c>, <c>Meta("oifname")</c> on the left.</summary>
    public static JsonObject Match(JsonNode left, JsonNode right, string operation = "==") =>
        new() { ["match"] = new JsonObject { ["op"] = operation, ["left"] = left, ["right"] = right } };

    public static JsonObject Payload(string protocol, string field) =>
        new() { ["payload"] = new JsonObject { ["protocol"] = protocol, ["field"] = field } };

    public static JsonObject Meta(string key) => new() { ["meta"] = new JsonObject { ["key"] = key } };

    /// <summary>Several values or prefixes, any of which matches.</summary>
    public static JsonObject Set(params ReadOnlySpan<JsonNode> values)
    {
        var list = new JsonArray();
        foreach (var value in values) list.Add(value);
        return new JsonObject { ["set"] = list };
    }

    public static JsonObject Prefix(System.Net.IPNetwork network) =>
        new() { ["prefix"] = new JsonObject { ["addr"] = network.BaseAddress.ToString(), ["len"] = network.PrefixLength } };

    /// <summary>accept, drop, return, masquerade …</summary>
    public static JsonObject Verdict(string name) => new() { [name] = null };

    public static JsonObject Jump(string chain) => new() { ["jump"] = new JsonObject { ["target"] = chain } };

    public static JsonObject Counter() => new() { ["counter"] = null };

    internal static JsonObject Table(string family, string name) => new() { ["family"] = family, ["name"] = name };

    private NftCommands Add(string verb, string kind, JsonObject what)
    {
        _commands.Add((JsonNode)new JsonObject { [verb] = new JsonObject { [kind] = what } });
        return this;
    }
}
