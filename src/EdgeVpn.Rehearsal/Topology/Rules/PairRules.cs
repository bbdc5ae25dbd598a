using System.Globalization;
using EdgeVpn.Model.Configuration;
using EdgeVpn.Rehearsal.Lint;
using EdgeVpn.Rehearsal.Run;

namespace EdgeVpn.Rehearsal.Topology.Rules;

/// <summary>Two ends of ours that do not match each other: networks, identities, secrets, selectors, BGP.</summary>
internal static class PairRules
{
    public static void Check(TopologyMap map, EndPair pair)
    {
        Secrets(map, pair);
        Selectors(map, pair);
        Lifetimes(map, pair);
        foreach (var (here, there) in ((End, End)[])[(pair.A, pair.B), (pair.B, pair.A)])
        {
            Networks(map, here, there);
            Identity(map, here, there);
            Endpoints(map, here, there);
            Bgp(map, here, there);
        }
    }

    /// <summary>What one end sends must lie behind the other, or behind somebody whom that one reaches.</summary>
    private static void Networks(TopologyMap map, End here, End there)
    {
        var (remote, local) = (here.Connection.Remote.Networks, there.Connection.Local.Networks);
        if (local.IsEmpty) return; // it says nothing of what it has
        var beyond = map.Site(there).Configuration.Connections.Where(c => !ReferenceEquals(c, there.Connection)).SelectMany(static c => c.Remote.Networks).ToList();
        for (var i = 0; i < remote.Length; i++)
        {
            var sent = remote[i];
            if (sent.PrefixLength == 0 || map.Site(there).Networks.Any(n => n.Overlaps(sent)) || beyond.Exists(n => n.PrefixLength > 0 && n.Overlaps(sent))) continue;
            map.Say(
                TopologyFindingId.NetworksDiffer, FindingSeverity.Error, here, here.Path["remote"]["networks"][i].Text,
                $"{sent} is sent to {map.Site(there).Name}, which has {List(local)} and reaches no such network.", $"\"networks\": [{Quoted(local)}] here, or \"{sent}\" in {there.Path["local"]["networks"]} of {map.Site(there).Name}", there.Site);
        }

        foreach (var lacking in local.Where(l => !remote.Any(r => r.Covers(l))))
        {
            // Half of it may be routed: the rest is lost all the same.
            map.Say(
                TopologyFindingId.NetworkUnreached, FindingSeverity.Warning, here, here.Path["remote"]["networks"].Text,
                $"{lacking} lies behind {map.Site(there).Name}, and nothing sends to it from here.", $"add \"{lacking}\"", there.Site);
        }
    }

    private static void Identity(TopologyMap map, End here, End there)
    {
        if (there.Shows is not { } shown) return;
        var expected = here.Expects.ToList();
        if (expected.Count == 0 || expected.Contains(shown)) return;
        map.Say(
            TopologyFindingId.IdentityDiffers, FindingSeverity.Error, here, here.Path["remote"]["endpoints"][0]["identity"].Text,
            $"\"{expected[0]}\" is expected of {map.Site(there).Name}, which shows \"{shown}\".", $"\"{shown}\" here, or \"{expected[0]}\" in {there.Path["local"]["identity"]} of {map.Site(there).Name}", there.Site);
    }

    private static void Secrets(TopologyMap map, EndPair pair)
    {
        var (a, b) = (pair.A.Connection.Authentication, pair.B.Connection.Authentication);
        var (path, other) = (pair.A.Path["authentication"], map.Site(pair.B).Name);
        // One end's user name and password meet the other's certificate, if that one were not ours: ours never asks for EAP.
        if (a.GetType() != b.GetType() || a is EapMschapv2Authentication)
        {
            map.Say(
                TopologyFindingId.AuthenticationDiffers, FindingSeverity.Error, pair.A, path["type"].Text,
                $"This end proves itself by {Word(a)}, {other} by {Word(b)}.", "\"psk\" or \"certificate\" at both ends", pair.B.Site);
            return;
        }

        if (a is PskAuthentication mine && b is PskAuthentication theirs && Key(map, pair.A, mine.Secret) is { } key && Key(map, pair.B, theirs.Secret) is { } otherKey && key != otherKey)
            Differ(mine.Secret, "secret", $"$.secrets.{theirs.Secret}");
        if (a.Ppk is null != b.Ppk is null && ((a.Ppk ?? b.Ppk)!.Required))
        {
            map.Say(
                TopologyFindingId.AuthenticationDiffers, FindingSeverity.Error, pair.A, path["ppk"].Text,
                "One end requires a post-quantum preshared key, the other has none.", "the same \"ppk\" at both ends, or \"required\": false", pair.B.Site);
        }
        else if (a.Ppk is { } ours && b.Ppk is { } yours)
        {
            if (ours.Id != yours.Id)
                map.Say(TopologyFindingId.SecretDiffers, FindingSeverity.Error, pair.A, path["ppk"]["id"].Text, $"The post-quantum key is called \"{ours.Id}\" here and \"{yours.Id}\" at {other}.", "the same name at both ends", pair.B.Site);
            else if (Key(map, pair.A, ours.Secret) is { } post && Key(map, pair.B, yours.Secret) is { } otherPost && post != otherPost)
                Differ(ours.Secret, "post-quantum key", $"$.secrets.{yours.Secret}");
        }

        void Differ(string name, string what, string there) => map.Say(
            TopologyFindingId.SecretDiffers, FindingSeverity.Error, pair.A, Model.Validation.JsonPath.Root["secrets"][name].Text,
            $"The {what} is another one than {other} has ({there}).", "the same at both ends", pair.B.Site);
    }

    /// <summary>The key for comparing, and for nothing else; null: sealed, or elsewhere.</summary>
    private static string? Key(TopologyMap map, End end, string name) => map.Site(end).Configuration.Secrets.GetValueOrDefault(name)?.Psk?.Reveal();

    private static void Selectors(TopologyMap map, EndPair pair)
    {
        var (a, b) = (pair.A.Connection.TrafficSelectors, pair.B.Connection.TrafficSelectors);
        if (a.IsAny || b.IsAny) return; // narrowed to what the other one names
        var common = a.Pairs.Where(x => b.Pairs.Any(y => x.Local.Overlaps(y.Remote) && x.Remote.Overlaps(y.Local) && (x.Protocol is null || y.Protocol is null || x.Protocol == y.Protocol))).ToList();
        if (common.Count == a.Pairs.Length) return;
        map.Say(
            TopologyFindingId.SelectorsDiffer, common.Count == 0 ? FindingSeverity.Error : FindingSeverity.Warning, pair.A, pair.A.Path["trafficSelectors"].Text,
            common.Count == 0 ? $"No pair of these selectors fits one of {map.Site(pair.B).Name}: no child SA comes to be." : $"{a.Pairs.Length - common.Count} of {a.Pairs.Length} pairs fit none of {map.Site(pair.B).Name}: their packets stay here.",
            "the same pairs at both ends, local and remote exchanged; or \"any\"", pair.B.Site);
    }

    private static void Lifetimes(TopologyMap map, EndPair pair)
    {
        One("child SA", static c => c.Esp.Lifetime, "esp");
        One("IKE SA", static c => c.Ike.Lifetime, "ike");

        void One(string what, Func<ConnectionConfig, TimeSpan> lifetime, string field)
        {
            var (a, b) = (lifetime(pair.A.Connection), lifetime(pair.B.Connection));
            if (a == b) return;
            var (longer, shorter) = a > b ? (pair.A, pair.B) : (pair.B, pair.A);
            map.Say(
                TopologyFindingId.LifetimeDiffers, FindingSeverity.Info, longer, longer.Path[field]["lifetime"].Text,
                $"This end keeps its {what} {Rehearser.Words(lifetime(longer.Connection))}, {map.Site(shorter).Name} {Rehearser.Words(lifetime(shorter.Connection))}: that one always renews it, as it may.", null, shorter.Site);
        }
    }

    private static void Endpoints(TopologyMap map, End here, End there)
    {
        var named = here.Connection.Remote.Endpoints;
        var places = map.Site(there).Addresses.Where(static a => !PrivateAddresses.Contains(a)).ToList();
        if (here.TakesAnyCaller || named.Length != 1 || places.Count < 2 || named[0].Address.Address is not { } only || !places.Contains(only)) return;
        if (map.Pairs.Any(p => (p.A == here || p.B == here) == false && (p.A.Site, p.B.Site) == (here.Site, there.Site))) return; // another connection has the other
        map.Say(
            TopologyFindingId.OneEndpoint, FindingSeverity.Warning, here, here.Path["remote"]["endpoints"].Text,
            $"{map.Site(there).Name} can be called at {string.Join(" and ", places)}; only {only} is named.", $"add {{ \"address\": \"{places.First(p => !p.Equals(only))}\" }}", there.Site);
    }

    private static void Bgp(TopologyMap map, End here, End there)
    {
        if (here.Connection.Bgp is not { } ours) return;
        var path = here.Path["bgp"];
        var name = map.Site(there).Name;
        if (there.Connection.Bgp is not { } theirs)
        {
            map.Say(TopologyFindingId.BgpDiffers, FindingSeverity.Error, here, path.Text, $"This end has a BGP session, {name} has none.", "\"bgp\" at both ends or at none", there.Site);
            return;
        }

        if (ours.PeerAsn != theirs.LocalAsn)
            map.Say(TopologyFindingId.BgpDiffers, FindingSeverity.Error, here, path["peerAsn"].Text, string.Create(CultureInfo.InvariantCulture, $"AS {ours.PeerAsn} is expected of {name}, which is AS {theirs.LocalAsn}."), string.Create(CultureInfo.InvariantCulture, $"{theirs.LocalAsn}"), there.Site);
        if (theirs.LocalAddress is { } address && !address.Equals(ours.PeerAddress) && !here.Connection.Remote.Endpoints.Any(e => address.Equals(e.BgpPeer)))
            map.Say(TopologyFindingId.BgpDiffers, FindingSeverity.Error, here, path["peerAddress"].Text, $"{ours.PeerAddress} is called for BGP, {name} speaks at {address}.", $"\"{address}\"", there.Site);
    }

    internal static string Word(AuthenticationConfig authentication) => authentication switch
    {
        PskAuthentication => "a pre-shared key",
        CertificateAuthentication => "a certificate",
        _ => "EAP",
    };

    private static string List(IEnumerable<System.Net.IPNetwork> networks) => string.Join(", ", networks);

    private static string Quoted(IEnumerable<System.Net.IPNetwork> networks) => string.Join(", ", networks.Select(static n => $"\"{n}\""));
}
