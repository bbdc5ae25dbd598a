using EdgeVpn.Ipsec.Crypto;
using EdgeVpn.Model.Reasons;
using EdgeVpn.Rehearsal.Lint;
using EdgeVpn.Rehearsal.Proposals;

namespace EdgeVpn.Rehearsal.Topology.Rules;

/// <summary>Who may call, and what the two ends agree on then, now and at the first rekey: by the rule that lint has for Azure.</summary>
internal static class PairProposalRules
{
    private const string Mend = "leave both lists out for the defaults, or name the same proposal at both ends";

    public static void Check(TopologyMap map, EndPair pair, AlgorithmCatalog algorithms)
    {
        var (a, b) = (pair.A, pair.B);
        var calls = ((End From, End To)[])[(a, b), (b, a)];
        if (!a.MayCall && !b.MayCall)
        {
            var place = a.Connection.Mode == Model.Configuration.ConnectionMode.Responder ? a.Path["mode"] : a.Path["remote"]["endpoints"];
            map.Say(TopologyFindingId.NobodyCalls, FindingSeverity.Error, a, place.Text, $"This end and {map.Site(b).Name} both wait to be called.", "\"mode\": \"default\" and an address at one end", b.Site);
            return;
        }

        if (!calls.Any(static c => c.From.MayCall && c.To.MayAnswer))
        {
            map.Say(TopologyFindingId.NobodyAnswers, FindingSeverity.Error, a, a.Path["mode"].Text, $"This end and {map.Site(b).Name} both only call: neither answers.", "\"mode\": \"default\" at one end", b.Site);
            return;
        }

        var specs = new Dictionary<End, ConnectionSpecs> { [a] = ConnectionSpecs.Of(a.Connection, algorithms), [b] = ConnectionSpecs.Of(b.Connection, algorithms) };
        if (specs.Values.Any(static s => s.Nothing is not null)) return; // `lint` names what this engine lacks
        var comesUp = false;
        var said = new HashSet<string>();
        foreach (var (from, to) in calls.Where(static c => c.From.MayCall && c.To.MayAnswer))
        {
            if (Agreement.Of(specs[to].Ike, specs[from].Ike) is null) Refused(TopologyFindingId.NoProposalIke, "ike", ReasonCode.NoProposalIke, $"{map.Site(to).Name} refuses the IKE proposals of this end", from, to);
            else if (Agreement.Of(specs[to].Esp, specs[from].EspOffer, withKeyExchange: false) is null) Refused(TopologyFindingId.NoProposalEsp, "esp", ReasonCode.NoProposalEsp, $"{map.Site(to).Name} refuses the ESP proposals of this end", from, to);
            else comesUp = true;
        }

        if (!comesUp) return;
        foreach (var (from, to) in calls)
        {
            if (Agreement.Of(specs[to].Esp, specs[from].EspOffer) is null)
                Refused(TopologyFindingId.RekeyRefused, "esp", ReasonCode.NoProposalEsp, $"the tunnel comes up, and {map.Site(to).Name} refuses the first child rekey of this end (PFS counts from then on)", from, to);
        }

        void Refused(string id, string field, Reason reason, string what, End from, End to)
        {
            if (said.Add(id)) map.Say(id, FindingSeverity.Error, from, from.Path[field]["proposals"].Text, $"{reason}: {what}.", Mend, to.Site);
        }
    }
}
