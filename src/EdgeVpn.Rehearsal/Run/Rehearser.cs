using System.Collections.Immutable;
using System.Globalization;
using EdgeVpn.Ipsec;
using EdgeVpn.Ipsec.Ike;
using EdgeVpn.Ipsec.Wire.Payloads;
using EdgeVpn.Rehearsal.Azure;
using EdgeVpn.Rehearsal.Lint;
using EdgeVpn.Rehearsal.Proposals;

namespace EdgeVpn.Rehearsal.Run;

/// <summary>Plays a tunnel's life against the built-in Azure gateway: what production shows after hours, in seconds.</summary>
public static class Rehearser
{
    /// <summary>Longer lifetimes are not waited out.</summary>
    private static readonly TimeSpan s_longest = TimeSpan.FromHours(48);

    /// <summary>Every call is over by then, another group and a cookie included.</summary>
    private static readonly TimeSpan s_setUp = TimeSpan.FromSeconds(45);

    /// <summary>After the last moment at which something may be replaced: deletes, second tries, a new call.</summary>
    private static readonly TimeSpan s_aftermath = TimeSpan.FromMinutes(10);

    /// <summary>So much later the other end would be: whoever shall be first, is.</summary>
    private const int HeldBack = 10;

    /// <summary>A tunnel that carries traffic needs no questions; the one that falls silent gets its own DPD back.</summary>
    private static readonly TimeSpan s_busy = TimeSpan.FromMinutes(30);

    private static readonly TimeSpan s_beforeSilence = TimeSpan.FromMinutes(10);
    private static readonly TimeSpan s_silence = TimeSpan.FromMinutes(5);

    /// <summary>Plays every scene that can happen to this tunnel.</summary>
    public static ConnectionRehearsal Play(BoxPart box, GatewayPart gateway, BoxHabits habits)
    {
        if (box.Specs.Nothing is { } lacking)
        {
            var what = new SceneEvent(TimeSpan.Zero, false, SceneEventKind.CallRefused, null, ConnectionSpecs.Lacking(lacking));
            return Unplayed(box, gateway, [], [new SceneFailure("", what, what.Text, "other proposals, or none for the defaults")]);
        }

        if (gateway.Assumed && Prediction.Of(box.Specs, gateway.Gateway.Proposals) is { BoxMayCall: false, AzureMayCall: false })
            return Unplayed(box, gateway, ["Everything: Azure has no names for these proposals, so the peer is taken for another gateway."], []);

        var scenes = new List<(Scene Scene, List<SceneFailure> Failures)>();
        var notPlayed = new List<string>();
        var boxCalls = box.Endpoints[0].Connection.MayInitiate && !IsAnyPeer(box) && gateway.Gateway.Mode != ConnectionMode.InitiatorOnly;
        var azureCalls = box.Endpoints[0].Connection.MayRespond && gateway.Gateway.Mode != ConnectionMode.ResponderOnly && !gateway.BehindNat;
        if (gateway.BehindNat) notPlayed.Add("Azure's calls: the box is behind a NAT and must call itself.");
        if (!boxCalls && !azureCalls) notPlayed.Add("Everything: neither end may call the other.");
        if (LongestLife(box, gateway) > s_longest) notPlayed.Add($"What happens later than {s_longest.TotalHours:0} hours after establishing.");
        var plan = new Plan(box, gateway, habits, boxCalls);

        if (boxCalls) scenes.Add(plan.LifeOf("box-calls", "the box calls, both ends as configured", 1, 1, byAzure: false));
        if (azureCalls)
        {
            var life = plan.LifeOf("azure-calls", "Azure calls, both ends as configured", 1, 1, byAzure: true);
            scenes.Add(life);
        }

        // Without a tunnel there is nothing to replace or to lose.
        if (scenes.Exists(static s => s.Scene.Timeline.Any(static e => e.Established)))
        {
            var byAzure = !scenes[0].Scene.Timeline.Any(static e => e.Established) || !boxCalls;
            scenes.Add(plan.LifeOf("box-renews", "the box is first to renew every key", 1, HeldBack, byAzure));
            scenes.Add(plan.LifeOf("azure-renews", "Azure is first to renew every key", HeldBack, 1, byAzure));
            scenes.Add(plan.Silence(byAzure));
        }

        return new ConnectionRehearsal(
            box.Name, gateway.Gateway.Proposals.ToString(), gateway.Assumed, [.. scenes.Select(static s => s.Scene)],
            [.. scenes.SelectMany(static s => s.Failures).DistinctBy(static f => (f.What.Kind, f.What.By))], [.. notPlayed]);
    }

    private static ConnectionRehearsal Unplayed(BoxPart box, GatewayPart gateway, ImmutableArray<string> why, ImmutableArray<SceneFailure> failures) =>
        new(box.Name, gateway.Gateway.Proposals.ToString(), gateway.Assumed, [], failures, why);

    /// <summary>A span as a sentence has it: <c>7 h 12 min</c>.</summary>
    internal static string Words(TimeSpan time) => time.TotalHours >= 1
        ? string.Create(CultureInfo.InvariantCulture, $"{(int)time.TotalHours} h {time.Minutes:00} min")
        : time.TotalMinutes >= 2 ? $"{(int)time.TotalMinutes} min" : $"{Math.Max(1, (int)Math.Round(time.TotalSeconds))} s";

    private static bool IsAnyPeer(BoxPart box) => box.Endpoints[0].Connection.RemoteAddresses.IsEmpty;

    private static TimeSpan LongestLife(BoxPart box, GatewayPart gateway)
    {
        var connection = box.Endpoints[0].Connection;
        TimeSpan[] lives = [connection.IkeLifetime, connection.ChildLifetime, AzureTables.IkeLifetime, TimeSpan.FromSeconds(gateway.Gateway.Policy?.LifetimeSeconds ?? 0)];
        return lives.Max();
    }

    private sealed class Plan(BoxPart box, GatewayPart gateway, BoxHabits habits, bool boxCalls)
    {
        /// <summary>Behind a NAT this is what Azure sees; documentation address (RFC 5737).</summary>
        private static readonly IpAddress s_shown = IpAddress.Parse("192.0.2.200");

        private readonly IpAddress _seen = gateway.BehindNat ? s_shown : box.Address;

        /// <summary>From the first call until both the IKE SA and its child were due for replacement.</summary>
        public (Scene, List<SceneFailure>) LifeOf(string id, string title, int boxPatience, int azurePatience, bool byAzure)
        {
            using var stage = NewStage(
                c => Patient(c, boxPatience) with { DpdTimeout = s_busy }, c => Patient(c, azurePatience) with { DpdTimeout = s_busy });
            var story = Begin(stage, byAzure);
            if (story.IsUp) story.RunFor(Horizon(stage) - (stage.Now - story.EstablishedAt!.Value));
            return Tell(id, title, story, SceneFailures.OfLife(story, Advice));
        }

        /// <summary>Azure stops answering: DPD, and the next endpoint if there is one.</summary>
        public (Scene, List<SceneFailure>) Silence(bool byAzure)
        {
            using var stage = NewStage(static c => c, static c => c);
            var story = Begin(stage, byAzure);
            story.RunFor(s_beforeSilence);
            var cutAt = stage.Now;
            stage.Gateways[0].IsCut = true;
            story.Tell(SceneEventKind.LineCut, $"{stage.Gateways[0].Name} falls silent");
            story.RunFor(s_silence);
            if (stage.Gateways.Length == 1)
            {
                stage.Gateways[0].IsCut = false;
                story.Tell(SceneEventKind.LineBack, $"{stage.Gateways[0].Name} answers again");
                if (!boxCalls) story.AzureCalls(_seen);
                story.RunFor(TimeSpan.FromMinutes(3));
            }

            var title = stage.Gateways.Length == 1 ? "Azure falls silent for five minutes" : "the first endpoint falls silent for good";
            return Tell("azure-silent", title, story, SceneFailures.OfSilence(story, cutAt - story.EstablishedAt!.Value));
        }

        private static IkeConnection Patient(IkeConnection connection, int patience) => connection with
        {
            IkeLifetime = connection.IkeLifetime * patience,
            ChildLifetime = connection.ChildLifetime * patience,
        };

        private static (Scene, List<SceneFailure>) Tell(string id, string title, Story story, IEnumerable<(SceneEvent What, string Sentence, string? Mend)> failures) =>
            (new Scene(id, title, [.. story.Timeline]), [.. failures.Select(f => new SceneFailure(id, f.What, f.Sentence, f.Mend))]);

        private string? Advice(SceneEventKind kind) => kind switch
        {
            SceneEventKind.IkeReplacementRefused => Mend.Ike(box.Name, box.Specs, gateway.Gateway.Proposals),
            SceneEventKind.CallRefused => Mend.Ike(box.Name, box.Specs, gateway.Gateway.Proposals),
            SceneEventKind.ChildRefused or SceneEventKind.ChildReplacementRefused => Mend.Esp(box.Name, box.Specs, gateway.Gateway.Proposals),
            _ => null,
        };

        private Story Begin(Stage stage, bool byAzure)
        {
            var story = new Story(stage, box, habits);
            if (byAzure) story.AzureCalls(_seen);
            else story.BoxCalls();
            story.RunFor(s_setUp);
            return story;
        }

        private static TimeSpan Horizon(Stage stage)
        {
            // Whoever is not held back replaces within its own lifetimes; the patient end's do not count.
            var ends = new[] { stage.Box.Connection, stage.Gateways[0].Connection };
            var until = ends.Min(static c => c.IkeLifetime > c.ChildLifetime ? c.IkeLifetime : c.ChildLifetime) + s_aftermath;
            return until < s_longest ? until : s_longest;
        }

        private Stage NewStage(Func<IkeConnection, IkeConnection> ours, Func<IkeConnection, IkeConnection> theirs)
        {
            var part = box with { Endpoints = [.. box.Endpoints.Select(e => e with { Connection = ours(e.Connection) })] };
            var options = new IkeEndpointOptions { Algorithms = habits.Algorithms };
            var end = new StageEnd("the box", box.Address, 1, options, part.Endpoints[0].Connection);
            var gateways = part.Endpoints.Select((e, i) => new StageEnd(
                box.Endpoints.Length == 1 ? "Azure" : $"Azure's instance {i}", e.Remote, (ulong)(2 + i), AzureGateway.Endpoint(options),
                theirs(Mirror(box.Endpoints[i]))));
            return new Stage(end, [.. gateways], gateway.BehindNat ? s_shown : null);
        }

        /// <summary>The other half of the box's connection, with Azure's habits.</summary>
        private IkeConnection Mirror(BoxEndpoint endpoint) => gateway.Gateway.Connection(new IkeConnection
        {
            Name = endpoint.Connection.Name,
            LocalIdentity = endpoint.Connection.RemoteIdentity ?? Identification.Address(endpoint.Remote),
            RemoteIdentity = endpoint.Connection.LocalIdentity,
            Credential = endpoint.Connection.Credential,
            RemoteAddresses = [_seen],
            IkeProposals = [],
            EspProposals = [],
            LocalSelectors = [],
            RemoteSelectors = [],
        });
    }
}
