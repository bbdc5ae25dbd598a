using System.Net;
using EdgeVpn.Appliance.Network;
using EdgeVpn.Model.Configuration;
using EdgeVpn.Model.Validation;
using Xunit;

namespace EdgeVpn.Appliance.Tests.Network;

/// <summary>Configurations for plans: what a user would write, read by the model itself.</summary>
internal static class Plans
{
    public const string Wan = """{ "name": "wan0", "role": "wan", "ipv4": { "method": "static", "address": "192.0.2.2/24", "gateway": "192.0.2.1" } }""";
    public const string Lan = """{ "name": "lan0", "role": "lan", "ipv4": { "method": "static", "address": "10.10.0.1/24" } }""";

    /// <summary>A box with one WAN and one LAN.</summary>
    public static NetworkPlan Box(string connections, string access = "nat") => From($"{Wan}, {Lan}", connections, access);

    public static NetworkPlan From(string interfaces, string connections, string access = "nat")
    {
        var result = ConfigurationReader.Read($$"""
            { "schema": 1, "interfaces": [ {{interfaces}} ], "connections": [ {{connections}} ], "internet": { "access": "{{access}}" },
              "secrets": { "s": { "psk": "Zq81Lkd72Mnb39Xc5TgY" }, "dsl": { "password": "word" } } }
            """);
        Assert.True(result.IsValid, string.Join('\n', result.Errors));
        return NetworkPlan.From(result.Configuration!);
    }

    public static string Connection(string name, string remote, string? local = "10.10.0.0/24", string tunnel = "{}") => $$"""
        { "name": "{{name}}", "local": { "networks": [{{Quoted(local)}}] }, "tunnel": {{tunnel}}, "authentication": { "type": "psk", "secret": "s" },
          "remote": { "endpoints": [{ "address": "203.0.113.2", "identity": "{{name}}.lab" }], "networks": [{{Quoted(remote)}}] } }
        """;

    public static IPNetwork Net(string text) => IPNetwork.Parse(text);

    public static InterfaceFacts Link(int index, string name, InterfaceUse role, string? address = null, string? gateway = null, int mtu = 1500) => new()
    {
        Index = index,
        Name = name,
        Role = role,
        IsUp = true,
        HasCarrier = true,
        Mtu = mtu,
        HasDefaultRoute = gateway is not null,
        Addresses = address is not null && InterfaceAddress.TryParse(address, out var own) ? [own] : [],
        Gateways = gateway is null ? [] : [IPAddress.Parse(gateway)],
    };

    private static string Quoted(string? networks) => networks is null ? "" : string.Join(", ", networks.Split(' ').Select(n => $"\"{n}\""));
}
