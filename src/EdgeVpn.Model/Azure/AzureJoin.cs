using System.Collections.Immutable;
using System.Net;
using EdgeVpn.Model.Configuration;

namespace EdgeVpn.Model.Azure;

/// <summary>Joins one connection with its gateway, its local network gateway, its script and the options.</summary>
internal sealed partial class AzureJoin
{
    private const string Policy = "az network vpn-connection ipsec-policy add";

    private readonly AzureResources _found;
    private readonly AzureImportOptions _options;
    private readonly AzureConnection _connection;
    private readonly List<ImportRemark> _remarks;
    private readonly DeviceScript? _script;
    private readonly AzureGateway? _gateway;
    private readonly AzureSite? _site;
    private readonly string _subject;

    public AzureJoin(AzureResources found, AzureImportOptions options, AzureConnection connection, List<ImportRemark> remarks)
    {
        (_found, _options, _connection, _remarks) = (found, options, connection, remarks);
        _subject = connection.Name.Name.Length <= 80 ? connection.Name.Name : connection.Name.Name[..77] + "...";
        _script = found.Scripts.Find(s => connection.Name.Names(new ResourceName(s.Connection)));
        _gateway = connection.Gateway is { } gateway ? found.Gateways.Find(g => g.Name.Names(gateway)) : null;
        _site = connection.Site is { } site ? found.Sites.Find(s => s.Name.Names(site)) : null;
    }

    /// <summary>A script as a connection of its own.</summary>
    public static AzureConnection Of(DeviceScript script) => new()
    {
        Source = script.Source,
        Name = new ResourceName(script.Connection),
        Gateway = ResourceName.Of(script.Gateway),
        Site = ResourceName.Of(script.Site),
        EnableBgp = script.BgpEnabled,
    };

    /// <summary>The connection; null if a fatal remark says why not.</summary>
    public BuiltConnection? Build(string name)
    {
        if (!IsPossible()) return null;
        var before = _remarks.Count(r => r.IsFatal);
        var endpoints = Endpoints(out var strategy);
        var identity = Identity();
        var lan = Lan();
        var rules = NatRules();
        var vnet = Translated(Vnet(), rules);
        var key = Key();
        var (ike, esp) = Proposals();
        var bgp = Bgp(ref endpoints);
        var selectors = Selectors(lan, vnet);
        if (_remarks.Count(r => r.IsFatal) > before) return null;
        return new BuiltConnection(
            new ConnectionConfig
            {
                Name = name,
                Mode = Mode(),
                Local = new LocalConfig { Identity = identity, Networks = lan },
                Remote = new RemoteConfig { Endpoints = endpoints, Strategy = strategy, Networks = vnet },
                TrafficSelectors = selectors,
                Authentication = new PskAuthentication { Secret = name },
                Ike = ike,
                Esp = esp,
                // Azure prints 0 for its default.
                Dpd = _connection.DpdSeconds is > 0 and <= int.MaxValue and { } dpd ? new DpdConfig { Timeout = TimeSpan.FromSeconds(dpd) } : new DpdConfig(),
                Nat = rules,
                Bgp = bgp,
            },
            key!);
    }

    private bool IsPossible()
    {
        var gateway = _gateway?.Name.Name ?? _connection.Gateway?.Name ?? "GATEWAY";
        if (Is(_gateway?.GatewayType, "ExpressRoute"))
            return Refuse($"{gateway} is an ExpressRoute gateway: it speaks no IPsec.", "make a VPN gateway: az network vnet-gateway create --gateway-type Vpn --vpn-type RouteBased");
        if (Is(_gateway?.VpnType, "PolicyBased"))
            return Refuse(
                $"{gateway} is policy-based: it speaks IKEv1 only, and this box speaks IKEv2.",
                "a gateway's type cannot be changed; delete it and make it anew: az network vnet-gateway create --vpn-type RouteBased");
        if (Is(_connection.Protocol, "IKEv1"))
            return Refuse("The connection is made for IKEv1, and this box speaks IKEv2.", "the protocol cannot be changed; delete the connection and create it anew without IKEv1 (IKEv2 is the default)");
        if (Is(_connection.AuthenticationType, "Certificate"))
            return Refuse("The connection proves itself by certificates; an import makes pre-shared keys.", "write \"authentication\": { \"type\": \"certificate\" … } by hand, or set a shared key: az network vpn-connection shared-key update");
        return true;
    }

    /// <summary>Azure's word is about Azure's side: where only Azure calls, the box answers.</summary>
    private ConnectionMode Mode() => _connection.Mode switch
    {
        { } word when Is(word, "InitiatorOnly") => ConnectionMode.Responder,
        { } word when Is(word, "ResponderOnly") => ConnectionMode.Initiator,
        _ => ConnectionMode.Default,
    };

    private string? Key()
    {
        var stored = _connection.SharedKey
            ?? _found.SharedKeys.Where(k => k.Connection is { } owner && owner.Names(_connection.Name)).Select(k => k.Key).FirstOrDefault()
            ?? (_found.Connections.Count + _found.Scripts.Count == 1 ? _found.SharedKeys.Where(k => k.Connection is null).Select(k => k.Key).FirstOrDefault() : null)
            ?? _script?.SharedKey;
        if (_options.Psk is { } given)
        {
            if (stored is not null && stored != given) Note("--psk differs from the key in the files, and was taken.");
            return given;
        }

        if (stored is null) Missing("The files hold no shared key.", $"--psk KEY or --psk-file FILE; az network vpn-connection shared-key show -g GROUP --connection-name {_subject} prints it");
        return stored;
    }

    /// <summary>Azure expects the box to be who its local network gateway says: the public address, also behind a NAT.</summary>
    private string? Identity()
    {
        var written = _site?.Address ?? _script?.SiteAddress;
        var address = written is not null && Addresses.TryParse(written, out var read) ? read : null;
        if (_options.WanAddress is { } given)
        {
            if (address is not null && !address.Equals(given)) Note($"--wan-address {given} was taken, but Azure expects {address}: update the local network gateway, or Azure will not answer.");
            return given.ToString();
        }

        if (address is not null) return address.ToString();
        if (_site?.Fqdn is { } name)
        {
            Note($"Azure finds the box by its name {name}; it will show its own address as identity. --wan-address names another.");
            return null;
        }

        Missing(
            written is null ? "The files do not say under which public address Azure knows the box." : $"The box's public address is written as \"{(written.Length <= 40 ? written : written[..37] + "...")}\".",
            $"--wan-address ADDRESS, or az network local-gateway show -g GROUP -n {_connection.Site?.Name ?? "NAME"}");
        return null;
    }

    private ImmutableArray<IPNetwork> Lan()
    {
        var peer = _site?.BgpAddress ?? _script?.SiteBgp;
        var written = _site is { Prefixes.IsEmpty: false } site ? site.Prefixes : _script?.SitePrefixes ?? [];
        var networks = Networks(written, "the local network gateway");
        var host = networks.Where(n => peer is not null && n.PrefixLength == n.BaseAddress.GetAddressBytes().Length * 8 && n.BaseAddress.ToString() == peer).ToList();
        if (host.Count > 0) Note($"{host[0]} is the box's own BGP address, not a network behind it, and was left out.");
        networks = [.. networks.Except(host)];
        if (!_options.Lan.IsEmpty)
        {
            foreach (var network in _options.Lan.Where(n => !networks.IsEmpty && !networks.Any(k => k.Covers(n))))
                Note($"--lan {network} is not among the prefixes of the local network gateway: Azure routes nothing there until it is added.");
            return _options.Lan;
        }

        if (networks.IsEmpty) Missing("The files do not name the networks behind the box.", $"--lan NETWORK, or az network local-gateway show -g GROUP -n {_connection.Site?.Name ?? "NAME"}");
        return networks;
    }

    private ImmutableArray<IPNetwork> Vnet()
    {
        if (!_options.Vnet.IsEmpty) return _options.Vnet;
        var network = _gateway?.Network is { } name ? _found.Networks.Find(n => n.Name.Names(name)) : null;
        if (network is { PeeredPrefixes.IsEmpty: false }) Note($"The networks peered with {network.Name} that may use its gateway are behind it, too: {string.Join(", ", network.PeeredPrefixes)}.");
        ImmutableArray<string> written = network is not null ? [.. network.Prefixes, .. network.PeeredPrefixes]
            : _script is { GatewayPrefixes.IsEmpty: false } script ? script.GatewayPrefixes
            : [.. _connection.Selectors.SelectMany(s => s.Azure).Distinct()];
        var networks = Networks(written, "the virtual network");
        if (networks.IsEmpty)
        {
            var hub = _gateway?.IsVirtualWan ?? false;
            var named = _gateway?.Network?.Name ?? "NAME";
            Missing(
                "The files do not name the networks behind the gateway.",
                hub ? $"--vnet NETWORK for each, or az network vhub show -g GROUP -n {named}" : $"--vnet NETWORK, or az network vnet show -g GROUP -n {named}");
        }

        return networks;
    }

    private ImmutableArray<IPNetwork> Networks(IEnumerable<string> written, string whose)
    {
        var networks = ImmutableArray.CreateBuilder<IPNetwork>();
        foreach (var text in written)
        {
            if (!Addresses.TryParseLoosely(text.Contains('/', StringComparison.Ordinal) ? text : $"{text}/32", out var network)) NotHonoured($"\"{(text.Length <= 40 ? text : text[..37] + "...")}\" of {whose} is no network.");
            else if (!networks.Contains(network)) networks.Add(network);
        }

        return networks.ToImmutable();
    }

    private TrafficSelectorsConfig Selectors(ImmutableArray<IPNetwork> lan, ImmutableArray<IPNetwork> vnet)
    {
        var pairs = ImmutableArray.CreateBuilder<TrafficSelectorConfig>();
        if (!_connection.Selectors.IsEmpty)
        {
            foreach (var (azure, here) in _connection.Selectors) Pairs(Networks(here, "a traffic selector"), Networks(azure, "a traffic selector"));
            Note("Azure proposes its traffic selectors only when it calls, and takes ours when we call: the box proposes the same ones.");
        }
        else if (_connection.IsPolicyBased)
        {
            Pairs(lan, vnet);
        }

        return pairs.Count == 0 ? TrafficSelectorsConfig.Any : TrafficSelectorsConfig.Of(pairs.ToImmutable());

        void Pairs(ImmutableArray<IPNetwork> ours, ImmutableArray<IPNetwork> theirs)
        {
            foreach (var local in ours)
                foreach (var remote in theirs)
                    if (local.IsIpv4() == remote.IsIpv4() && !pairs.Any(p => p.Local.Equals(local) && p.Remote.Equals(remote)) && pairs.Count < 1_000) pairs.Add(new TrafficSelectorConfig { Local = local, Remote = remote });
        }
    }

    private static bool Is(string? text, string word) => text?.Equals(word, StringComparison.OrdinalIgnoreCase) ?? false;

    private bool Refuse(string sentence, string remedy)
    {
        _remarks.Add(new ImportRemark(ImportRemarkKind.Refused, _subject, sentence, remedy));
        return false;
    }

    private void Missing(string sentence, string remedy) => _remarks.Add(new ImportRemark(ImportRemarkKind.Missing, _subject, sentence, remedy));

    private void NotHonoured(string sentence, string? remedy = null) => _remarks.Add(new ImportRemark(ImportRemarkKind.NotHonoured, _subject, sentence, remedy));

    private void Note(string sentence) => _remarks.Add(new ImportRemark(ImportRemarkKind.Note, _subject, sentence));
}
