using System.Text.Json.Nodes;
using EdgeVpn.Interop.Net;

namespace EdgeVpn.Interop.Peers;

/// <summary>Writes our own configuration document from a <see cref="TunnelEnd"/>.</summary>
internal static class ApplianceConfig
{
    internal const string ConnectionName = "hub";

    internal static JsonObject Document(TunnelEnd end)
    {
        var isBox = end.Node == Node.Box;
        return new JsonObject
        {
            ["schema"] = 1,
            ["device"] = new JsonObject { ["name"] = end.Identity.Split('.')[0] },
            ["interfaces"] = new JsonArray
            {
                end.Mobike ? new JsonObject { ["name"] = "wan0", ["role"] = "wan", ["ipv4"] = new JsonObject { ["method"] = "dhcp" } } : Interface("wan0", "wan", isBox
                    ? (LabAddresses.BoxWan, LabAddresses.InternetBranchSide, LabAddresses.BoxWan6, LabAddresses.InternetBranchSide6)
                    : (LabAddresses.GatewayWan, LabAddresses.InternetCloudSide, LabAddresses.GatewayWan6, LabAddresses.InternetCloudSide6)),
                Interface("lan0", "lan", isBox ? (LabAddresses.BoxLan, null, LabAddresses.BoxLan6, null) : (LabAddresses.GatewayLan, null, LabAddresses.GatewayLan6, null)),
            },
            ["connections"] = new JsonArray { Connection(end) },
            ["lab"] = new JsonObject { ["shortTimes"] = true },
            ["secrets"] = Secrets(end),
        };
    }

    private static JsonObject Secrets(TunnelEnd end)
    {
        var secrets = new JsonObject { [ConnectionName] = Secret(end.Authentication) };
        if (end.Ppk is { } ppk) secrets["ppk"] = new JsonObject { ["psk"] = ppk.Secret };
        return secrets;
    }

    private static JsonObject Proof(TunnelEnd end)
    {
        var proof = Proof(end.Authentication);
        if (end.Ppk is { } ppk) proof["ppk"] = new JsonObject { ["id"] = ppk.Id, ["secret"] = "ppk", ["required"] = ppk.Required };
        return proof;
    }

    private static JsonObject Interface(string name, string role, (string Address, string? Gateway, string Address6, string? Gateway6) at) => new()
    {
        ["name"] = name,
        ["role"] = role,
        ["ipv4"] = Addressing(at.Address + "/24", at.Gateway),
        ["ipv6"] = Addressing(at.Address6 + "/64", at.Gateway6),
    };

    private static JsonObject Addressing(string address, string? gateway)
    {
        var addressing = new JsonObject { ["method"] = "static", ["address"] = address };
        if (gateway is not null) addressing["gateway"] = gateway;
        return addressing;
    }

    private static JsonObject Connection(TunnelEnd end) => new()
    {
        ["name"] = ConnectionName,
        ["mode"] = end.RemoteAddress == "%any" ? "responder" : end.Authentication.IsEap || end.RequestsAddress ? "initiator" : "default",
        ["local"] = new JsonObject { ["identity"] = end.Identity, ["networks"] = Texts(end.LocalNetworks), ["requestAddress"] = end.RequestsAddress },
        ["remote"] = new JsonObject
        {
            ["endpoints"] = new JsonArray { Endpoint(end) },
            ["networks"] = Texts(end.RemoteNetworks),
            ["addressPool"] = Texts(end.AddressPool is { } pool ? [pool] : []),
            ["dnsServers"] = Texts(end.AddressPool is null ? [] : [LabAddresses.CloudHost]),
            ["dnsDomains"] = Texts(end.Domains),
        },
        ["trafficSelectors"] = end.IsAnyToAny || end.RequestsAddress ? "any" : Selectors(end),
        ["authentication"] = Proof(end),
        ["ike"] = new JsonObject { ["proposals"] = Texts([end.Ike]), ["lifetime"] = Duration(end.IkeLifetime), ["childless"] = end.Childless, ["mobike"] = end.Mobike, ["unique"] = end.Unique ?? "replace" },
        ["esp"] = new JsonObject { ["proposals"] = Texts([end.Esp]), ["lifetime"] = Duration(end.ChildLifetime), ["encapsulation"] = end.AlwaysUdp ? "udp" : "auto" },
        // Ours is the whole silence, strongSwan's the time before it asks.
        ["dpd"] = new JsonObject { ["timeout"] = Duration(end.LivenessInterval * 3) },
    };

    private static JsonObject Secret(Authentication authentication) => authentication switch
    {
        Authentication.Psk psk => new JsonObject { ["psk"] = psk.Secret },
        Authentication.Certificate certificate => new JsonObject { ["privateKey"] = certificate.KeyPem },
        Authentication.Eap eap => new JsonObject { ["password"] = eap.Password },
        Authentication.EapTls eap => new JsonObject { ["privateKey"] = eap.Own.KeyPem },
        _ => throw new ArgumentOutOfRangeException(nameof(authentication)),
    };

    private static JsonObject Proof(Authentication authentication) => authentication switch
    {
        Authentication.Psk => new JsonObject { ["type"] = "psk", ["secret"] = ConnectionName },
        Authentication.Eap eap => new JsonObject
        {
            ["type"] = "eap-mschapv2",
            ["user"] = eap.User,
            ["secret"] = ConnectionName,
            ["authorities"] = Texts([eap.Gateway.AuthorityPem]),
        },
        Authentication.EapTls eap => ByTls(eap),
        Authentication.Certificate certificate => new JsonObject
        {
            ["type"] = "certificate",
            ["certificate"] = string.Join('\n', certificate.Intermediates.Prepend(certificate.CertificatePem)),
            ["key"] = ConnectionName,
            ["authorities"] = Texts(certificate.MoreAuthorities.Prepend(certificate.AuthorityPem)),
            ["revocation"] = certificate.Revocation,
        },
        _ => throw new ArgumentOutOfRangeException(nameof(authentication)),
    };

    private static JsonObject ByTls(Authentication.EapTls eap)
    {
        var proof = new JsonObject
        {
            ["type"] = "eap-tls",
            ["certificate"] = string.Join('\n', eap.Own.Intermediates.Prepend(eap.Own.CertificatePem)),
            ["key"] = ConnectionName,
            ["authorities"] = Texts([eap.Gateway.AuthorityPem]),
        };
        if (eap.Server is { } server) proof["server"] = server;
        return proof;
    }

    private static JsonObject Endpoint(TunnelEnd end)
    {
        var endpoint = new JsonObject { ["address"] = end.RemoteAddress };
        if (end.PeerIdentity != "%any") endpoint["identity"] = end.PeerIdentity;
        return endpoint;
    }

    // One pair per address family: selectors of a child are pairs of the same family.
    private static JsonArray Selectors(TunnelEnd end) =>
        new([.. end.LocalSelectors.Zip(end.RemoteSelectors, (local, remote) => new JsonObject { ["local"] = local, ["remote"] = remote })]);

    private static JsonArray Texts(IEnumerable<string> texts) => new([.. texts.Select(text => JsonValue.Create(text))]);

    private static string Duration(TimeSpan time) => time.ToString("c");
}
