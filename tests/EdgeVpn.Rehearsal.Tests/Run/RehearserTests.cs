using EdgeVpn.Model.Configuration;
using EdgeVpn.Model.Proposals;
using EdgeVpn.Rehearsal.Run;
using ConnectionMode = EdgeVpn.Ipsec.Ike.ConnectionMode;

namespace EdgeVpn.Rehearsal.Tests.Run;

public class RehearserTests
{
    [Fact]
    public void A_connection_that_names_nothing_lives_on_with_the_portals_defaults_whoever_is_first()
    {
        var played = Parts.Play(Parts.Config());
        Assert.Empty(played.Failures);
        Assert.Equal(["box-calls", "azure-calls", "box-renews", "azure-renews", "azure-silent"], played.Scenes.Select(s => s.Id));
        foreach (var scene in played.Scenes.Take(4))
        {
            Assert.Contains(scene.Timeline, e => e.Kind == SceneEventKind.ChildReplaced);
            Assert.Contains(scene.Timeline, e => e.Kind == SceneEventKind.IkeReplaced);
        }

        Assert.All(Of(played, "box-renews", SceneEventKind.ChildReplaced, SceneEventKind.IkeReplaced), e => Assert.Equal("box", e.By));
        Assert.All(Of(played, "azure-renews", SceneEventKind.ChildReplaced, SceneEventKind.IkeReplaced), e => Assert.Equal("azure", e.By));
    }

    [Fact]
    public void A_pfs_group_that_azure_does_not_name_shows_hours_later_when_azure_is_first()
    {
        var played = Parts.Play(Parts.Config(["aes256-sha256-modp1024"], ["aes256-sha256-modp2048"]));

        Assert.Contains(played.Scenes[0].Timeline, e => e.Kind == SceneEventKind.ChildUp);
        Assert.DoesNotContain(played.Failures, f => f.What.By == "box"); // AES-256, SHA-256, PFS 2048 is one of Azure's 26
        var failure = Assert.Single(played.Failures);
        Assert.Equal((SceneEventKind.ChildReplacementRefused, "azure", "rekey-refused", true), (failure.What.Kind, failure.What.By, failure.What.Reason, failure.What.Established));
        Assert.InRange(failure.What.After.TotalSeconds, 27_000 * 0.95, (27_000 * 0.95) + 2);
        Assert.StartsWith("7 h 07 min after establishing: first child rekey, started by Azure, refused: no proposal chosen (32 no-proposal-esp); the tunnel breaks 7 h 30 min after establishing", failure.Sentence, StringComparison.Ordinal);
        Assert.Contains("--pfs-group PFS2048", failure.Mend, StringComparison.Ordinal);
    }

    [Fact]
    public void A_pfs_group_outside_azures_table_is_refused_when_the_box_is_first()
    {
        var played = Parts.Play(Parts.Config(["aes256-sha256-modp1024"], ["aes256gcm16-ecp384-none"]));

        Assert.Empty(played.Failures); // "none" makes PFS optional
        var strict = Parts.Play(Parts.Config(["aes256-sha256-modp1024"], ["aes256gcm16-ecp384"]));
        var failure = Assert.Single(strict.Failures, f => f.What.By == "box");
        Assert.Equal(SceneEventKind.ChildReplacementRefused, failure.What.Kind);
        Assert.Contains(Of(strict, "box-renews", SceneEventKind.ChildReplacementRefused), e => e.By == "box");
        Assert.Contains("the tunnel breaks 7 h 30 min after establishing", failure.Sentence, StringComparison.Ordinal);
    }

    [Fact]
    public void After_a_broken_tunnel_the_box_calls_anew_and_has_one_again()
    {
        var strict = Parts.Play(Parts.Config(["aes256-sha256-modp1024"], ["aes256gcm16-ecp384"]));
        var timeline = strict.Scenes.Single(s => s.Id == "box-renews").Timeline;
        var down = timeline.First(e => e.Kind == SceneEventKind.ChildDown);
        var up = timeline.First(e => e.Kind == SceneEventKind.ChildUp && e.After > down.After);
        Assert.InRange(up.After - down.After, TimeSpan.Zero, TimeSpan.FromSeconds(10));
    }

    [Fact]
    public void A_custom_policy_renews_with_its_own_group_both_ways()
    {
        var played = Parts.Play(Parts.Config(["aes256gcm16-prfsha384-ecp384"], ["aes256gcm16-ecp384"]), AzurePolicy.Recommended);
        Assert.Empty(played.Failures);
        foreach (var renewed in Of(played, "box-renews", SceneEventKind.ChildReplaced).Concat(Of(played, "azure-renews", SceneEventKind.ChildReplaced)))
            Assert.Equal("child SA aes256gcm16-ecp384, with PFS", renewed.Text);
    }

    [Fact]
    public void A_policy_without_pfs_refuses_a_box_that_wants_it_and_is_refused_by_it()
    {
        var policy = AzurePolicy.Recommended with { PfsGroup = "None" };
        var played = Parts.Play(Parts.Config(["aes256gcm16-prfsha384-ecp384"], ["aes256gcm16-ecp384"]), policy);
        Assert.Equal(
            [("azure", SceneEventKind.ChildReplacementRefused), ("box", SceneEventKind.ChildReplacementRefused)],
            played.Failures.Select(f => (f.What.By!, f.What.Kind)).Order());
        Assert.All(Of(played, "box-renews", SceneEventKind.ChildReplacementRefused), e => Assert.Equal("rekey-refused", e.Reason));
        Assert.All(Of(played, "azure-renews", SceneEventKind.ChildReplacementRefused), e => Assert.Equal("azure", e.By));
    }

    [Fact]
    public void Nothing_in_common_is_said_at_once_with_both_mends()
    {
        var played = Parts.Play(Parts.Config(["aes256gcm16-prfsha384-ecp384"], ["aes256gcm16-ecp384"]));
        Assert.Equal(["azure-calls", "box-calls"], played.Failures.Select(f => f.Scene).Order());
        Assert.All(played.Failures, f =>
        {
            Assert.Equal("no-proposal-ike", f.What.Reason);
            Assert.StartsWith("at once", f.Sentence, StringComparison.Ordinal);
            Assert.Contains("leave \"ike.proposals\" out", f.Mend, StringComparison.Ordinal);
            Assert.Contains("az network vpn-connection ipsec-policy add", f.Mend, StringComparison.Ordinal);
        });
    }

    [Fact]
    public void A_silent_gateway_is_noticed_within_the_dpd_timeout_and_the_second_endpoint_takes_over()
    {
        var played = Rehearser.Play(Parts.Box(Parts.Config(), endpoints: 2), Parts.Gateway(), Parts.Habits);
        var timeline = played.Scenes.Single(s => s.Id == "azure-silent").Timeline;
        var cut = timeline.Single(e => e.Kind == SceneEventKind.LineCut);
        var noticed = timeline.First(e => e.Kind == SceneEventKind.IkeDown);
        var back = timeline.First(e => e.Kind == SceneEventKind.ChildUp && e.After > cut.After);
        Assert.Equal("peer-gone", noticed.Reason);
        Assert.InRange(noticed.After - cut.After, TimeSpan.FromSeconds(25), TimeSpan.FromSeconds(46));
        Assert.InRange(back.After - cut.After, TimeSpan.FromSeconds(30), TimeSpan.FromSeconds(90));
        Assert.Empty(played.Failures);
    }

    [Fact]
    public void Behind_a_nat_azure_does_not_call_and_esp_rides_in_udp()
    {
        var played = Parts.Play(Parts.Config(), behindNat: true);
        Assert.DoesNotContain(played.Scenes, s => s.Id == "azure-calls");
        Assert.Contains("behind a NAT", Assert.Single(played.NotPlayed), StringComparison.Ordinal);
        Assert.Contains("4500", played.Scenes[0].Timeline[0].Text, StringComparison.Ordinal);
        Assert.Empty(played.Failures);
    }

    [Theory]
    [InlineData(ConnectionMode.InitiatorOnly, "box-calls")]
    [InlineData(ConnectionMode.ResponderOnly, "azure-calls")]
    public void Who_may_not_call_does_not(ConnectionMode mode, string only)
    {
        var played = Rehearser.Play(Parts.Box(Parts.Config(), change: c => c with { Mode = mode }), Parts.Gateway(), Parts.Habits);
        Assert.Equal(only, Assert.Single(played.Scenes, s => s.Id is "box-calls" or "azure-calls").Id);
        Assert.Empty(played.Failures);

        // Whoever may call does so again when the line is back.
        var silence = played.Scenes.Single(s => s.Id == "azure-silent").Timeline;
        Assert.Equal(only[..^"-calls".Length], silence.Last(e => e.Kind == SceneEventKind.ChildUp).By);
        Assert.Equal(2, silence.Count(e => e.Kind == SceneEventKind.ChildUp));
    }

    [Fact]
    public void The_same_configuration_tells_the_same_story_twice()
    {
        var (first, second) = (Parts.Play(Parts.Config()), Parts.Play(Parts.Config()));
        Assert.Equal(first.Scenes.SelectMany(s => s.Timeline), second.Scenes.SelectMany(s => s.Timeline));
    }

    [Fact]
    public void Nothing_waits_longer_than_two_days()
    {
        var config = Parts.Config() with { Ike = new IkeConfig { Lifetime = TimeSpan.FromDays(7) }, Esp = new EspConfig { Lifetime = TimeSpan.FromDays(7) } };
        var played = Parts.Play(config);
        Assert.Contains(played.NotPlayed, s => s.Contains("48 hours", StringComparison.Ordinal));
        Assert.All(played.Scenes.SelectMany(s => s.Timeline), e => Assert.InRange(e.After, TimeSpan.Zero, TimeSpan.FromHours(48)));
    }

    private static List<SceneEvent> Of(ConnectionRehearsal played, string scene, params SceneEventKind[] kinds)
    {
        var found = played.Scenes.Single(s => s.Id == scene).Timeline.Where(e => kinds.Contains(e.Kind)).ToList();
        Assert.NotEmpty(found);
        return found;
    }
}
