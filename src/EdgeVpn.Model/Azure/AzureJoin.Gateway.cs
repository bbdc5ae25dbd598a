using System.Collections.Immutable;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using EdgeVpn.Model.Configuration;
using EdgeVpn.Model.Proposals;

namespace EdgeVpn.Model.Azure;

/// <summary>The gateway's side of a connection: where it is, what it negotiates, its BGP addresses, its address translation.</summary>
internal sealed partial class AzureJoin
{
    private readonly List<AzureInstance?> _instances = []; // beside the endpoints

    private ImmutableArray<EndpointConfig> Endpoints(out EndpointStrategy strategy)
    {
        var addresses = ImmutableArray.CreateBuilder<IPAddress>();
        foreach (var instance in _gateway?.Instances ?? []) Add(AddressOf(instance), instance);
        if (addresses.Count == 0)
            foreach (var text in _script?.GatewayAddresses ?? []) Add(Addresses.TryParse(text, out var read) ? read : null, null);
        if (!_options.GatewayAddresses.IsEmpty)
        {
            if (addresses.Count > 0 && !_options.GatewayAddresses.SequenceEqual(addresses)) Note($"--gateway-address was taken instead of the files' {string.Join(", ", addresses)}.");
            addresses.Clear();
            _instances.Clear();
            foreach (var given in _options.GatewayAddresses) Add(given, null);
        }

        if (addresses.Count == 0)
        {
            var publicAddress = _gateway?.Instances.Select(i => i.PublicAddress?.Name).FirstOrDefault(n => n is not null);
            Missing(
                "The files do not hold the gateway's public address.",
                _gateway is null ? $"az network vnet-gateway show -g GROUP -n {_connection.Gateway?.Name ?? "NAME"}, or --gateway-address ADDRESS"
                    : $"az network public-ip show -g GROUP -n {publicAddress ?? "NAME"}, or --gateway-address ADDRESS");
        }

        var isActiveActive = addresses.Count > 1 && (_gateway?.IsActiveActive ?? true);
        strategy = isActiveActive ? EndpointStrategy.All : EndpointStrategy.Failover;
        if (isActiveActive) Note($"The gateway is active-active: the box keeps a tunnel to each of {string.Join(" and ", addresses)}.");
        return [.. addresses.Select(a => new EndpointConfig { Address = PeerAddress.Of(a) })];

        void Add(IPAddress? address, AzureInstance? instance)
        {
            if (address is null || addresses.Contains(address)) return;
            addresses.Add(address);
            _instances.Add(instance);
        }
    }

    /// <summary>Virtual WAN prints an instance's private address beside its public one; which of them is meant, the connection says.</summary>
    private IPAddress? AddressOf(AzureInstance instance)
    {
        var known = instance.TunnelAddresses.Select(t => Addresses.TryParse(t, out var read) ? read : null).OfType<IPAddress>().ToList();
        if (_connection.UsesPrivateAddress)
            return known.Find(IsPrivate) ?? (instance.PrivateAddress is { } written && Addresses.TryParse(written, out var inside) ? inside : null);
        var named = instance.PublicAddress is { } id ? _found.PublicAddresses.Find(p => p.Name.Names(id)).Address : null;
        return known.Find(a => !IsPrivate(a)) ?? (named is not null && Addresses.TryParse(named, out var looked) ? looked : null);
    }

    private static bool IsPrivate(IPAddress address)
    {
        var octets = address.GetAddressBytes();
        return address.AddressFamily == AddressFamily.InterNetwork
            ? octets is [10, ..] or [172, >= 16 and <= 31, ..] or [192, 168, ..] or [169, 254, ..] or [100, >= 64 and <= 127, ..]
            : (octets[0] & 0xfe) == 0xfc || address.IsIPv6LinkLocal;
    }

    private (IkeConfig Ike, EspConfig Esp) Proposals()
    {
        if (_connection.Policies.Length > 1) NotHonoured($"The connection has {_connection.Policies.Length} policies; Azure uses one, and the first was taken.");
        var policy = _connection.Policies.FirstOrDefault();
        if (_script?.Policy is { } written)
        {
            if (policy is not null)
            {
                if (policy with { LifetimeSeconds = 0, Kilobytes = 0 } != written with { LifetimeSeconds = 0, Kilobytes = 0 }) Note("The script tells another policy than the connection; the connection's was taken.");
            }
            else if (IsDefault(written))
            {
                if (written.LifetimeSeconds != AzurePolicy.DefaultLifetimeSeconds)
                    Note(string.Create(CultureInfo.InvariantCulture, $"The script says {written.LifetimeSeconds} s for the ESP SA where Azure's default policy has 27,000 s. In IKEv2 each end has its own lifetime: the box takes 27,000 s."));
            }
            else if (_found.Connections.Contains(_connection))
            {
                Note("The script tells a policy and the connection none: Azure's default set was taken. Print the connection again if it was changed since.");
            }
            else
            {
                policy = written;
            }
        }

        if (policy is null) return (new IkeConfig(), new EspConfig()); // the default set: the box's defaults meet it

        if (!AzureNames.TryIke(policy.IkeEncryption, policy.IkeIntegrity, policy.DhGroup, out var ike, out var problem)
            || !AzureNames.TryEsp(policy.IpsecEncryption, policy.IpsecIntegrity, policy.PfsGroup, policy.DhGroup, out var esp, out problem))
        {
            Refuse(problem, $"choose another one: {Policy}");
            return (new IkeConfig(), new EspConfig());
        }

        Broken(ike, ProposalUse.Ike);
        Broken(esp, ProposalUse.Esp);
        return (
            new IkeConfig { Proposals = [ike] },
            new EspConfig
            {
                Proposals = [esp],
                Lifetime = TimeSpan.FromSeconds(policy.LifetimeSeconds),
                LifetimeKilobytes = policy.Kilobytes,
            });
    }

    private void Broken(string proposal, ProposalUse use)
    {
        ProposalParser.Parse(proposal, use, out var remarks);
        foreach (var remark in remarks.Where(r => r.IsError))
            Refuse($"The policy asks for what this box refuses. {remark.Sentence}", $"{Policy} -g GROUP --connection-name {_subject} --ike-encryption AES256 --ike-integrity SHA256 --dh-group DHGroup14 --ipsec-encryption GCMAES256 --ipsec-integrity GCMAES256 --pfs-group None --sa-lifetime 27000 --sa-max-size 102400000");
    }

    /// <summary>What a script prints for a connection without a policy of its own.</summary>
    private static bool IsDefault(AzurePolicy policy) =>
        Is(policy.IkeEncryption, "AES256") && (Is(policy.IkeIntegrity, "SHA256") || Is(policy.IkeIntegrity, "SHA1")) && Is(policy.DhGroup, "DHGroup2")
        && Is(policy.IpsecEncryption, "AES256") && (Is(policy.IpsecIntegrity, "SHA256") || Is(policy.IpsecIntegrity, "SHA1")) && Is(policy.PfsGroup, "None");

    private BgpConfig? Bgp(ref ImmutableArray<EndpointConfig> endpoints)
    {
        if (!_connection.EnableBgp) return null;
        var localAsn = _site?.Asn ?? _script?.SiteAsn;
        var peerAsn = _gateway?.Asn ?? _script?.GatewayAsn;
        var local = Parsed(_site?.BgpAddress ?? _script?.SiteBgp);
        var peers = endpoints.Select((_, i) => PeerOf(_instances[i], local)).ToList();
        if (peers.Count > 0 && peers[0] is null && _script is not null) peers[0] = Parsed(_script.GatewayBgp);
        if (localAsn is null || peerAsn is null || peers.FirstOrDefault(p => p is not null) is not { } first)
        {
            NotHonoured(
                $"BGP is on, but the files lack {(localAsn is null ? "the box's AS number" : peerAsn is null ? "Azure's AS number" : "Azure's BGP address")}: no session is configured.",
                localAsn is null ? $"az network local-gateway show -g GROUP -n {_connection.Site?.Name ?? "NAME"}" : $"az network vnet-gateway show -g GROUP -n {_connection.Gateway?.Name ?? "NAME"}");
            return null;
        }

        if (endpoints.Length > 1) endpoints = [.. endpoints.Select((e, i) => e with { BgpPeer = peers[i] })];
        if (IsApipa(local) || IsApipa(first)) Note("The BGP session runs on link-local addresses: the box has to open it.");
        return new BgpConfig { LocalAsn = localAsn.Value, PeerAsn = peerAsn.Value, LocalAddress = local, PeerAddress = first };
    }

    /// <summary>The address this connection chose; else a link-local one for a link-local box; else the gateway's own.</summary>
    private IPAddress? PeerOf(AzureInstance? instance, IPAddress? local)
    {
        if (instance is null) return null;
        var chosen = _connection.CustomBgpAddresses.Where(c => c.IpConfiguration.Names(instance.IpConfiguration)).Select(c => Parsed(c.Address)).FirstOrDefault(a => a is not null);
        if (chosen is not null) return chosen;
        return (IsApipa(local) ? instance.CustomBgp.Select(Parsed).FirstOrDefault(a => a is not null) : null) ?? instance.DefaultBgp.Select(Parsed).FirstOrDefault(a => a is not null);
    }

    private static IPAddress? Parsed(string? text) => text is not null && Addresses.TryParse(text, out var read) ? read : null;

    private static bool IsApipa(IPAddress? address) => address?.GetAddressBytes() is [169, 254, _, _];

    private ImmutableArray<NatRuleConfig> NatRules()
    {
        var rules = ImmutableArray.CreateBuilder<NatRuleConfig>();
        foreach (var name in _connection.NatRules)
        {
            if (_found.NatRules.Find(r => r.Name.Names(name)) is not { } rule)
            {
                NotHonoured($"The address translation rule {name} is not among the files.", $"az network vnet-gateway show -g GROUP -n {_connection.Gateway?.Name ?? "NAME"} prints it");
                continue;
            }

            if (rule.HasPorts) NotHonoured($"The rule {rule.Name} translates ports, which the configuration has no place for.");
            if (rule.IsOfOneInstance) NotHonoured($"The rule {rule.Name} concerns one instance of the gateway; the configuration has no place for that.");
            var (from, to) = (Networks(rule.Internal, $"the rule {rule.Name}"), Networks(rule.External, $"the rule {rule.Name}"));
            var isDynamic = Is(rule.Type, "Dynamic");
            if (from.IsEmpty || to.IsEmpty || (!isDynamic && from.Length != to.Length))
            {
                NotHonoured($"The mappings of the rule {rule.Name} do not pair up.");
                continue;
            }

            for (var i = 0; i < from.Length; i++)
            {
                rules.Add(new NatRuleConfig
                {
                    By = NatTranslator.Peer,
                    Kind = isDynamic ? NatKind.Dynamic : NatKind.Static,
                    Side = Is(rule.Mode, "EgressSnat") ? NatSide.Remote : NatSide.Local,
                    Internal = from[i],
                    External = to[Math.Min(i, to.Length - 1)],
                });
            }
        }

        if (rules.Count > 0) Note("The gateway translates addresses by itself; the box sends and expects what is on the wire, and keeps the rules to be read.");
        return rules.ToImmutable();
    }

    /// <summary>What lies behind the gateway as the box sees it: translated networks under the addresses they are translated to.</summary>
    private ImmutableArray<IPNetwork> Translated(ImmutableArray<IPNetwork> networks, ImmutableArray<NatRuleConfig> rules)
    {
        foreach (var rule in rules.Where(r => r.Side == NatSide.Remote))
        {
            if (networks.Contains(rule.External)) continue; // told as it is seen already
            if (networks.Contains(rule.Internal)) networks = networks.Replace(rule.Internal, rule.External);
            else networks = networks.Add(rule.External);
            Note($"{rule.Internal} behind the gateway is reached as {rule.External}.");
        }

        return networks;
    }
}
