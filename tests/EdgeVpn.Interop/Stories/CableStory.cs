using EdgeVpn.Interop.Net;
using EdgeVpn.Interop.Processes;
using Xunit;

namespace EdgeVpn.Interop.Stories;

/// <summary>What goes away and comes back: a cable, and a gateway. And what the lights and the button make of it.</summary>
[Trait("story", "cable")]
public sealed class CableStory
{
    private static readonly TimeSpan Seconds = TimeSpan.FromSeconds(6);

    [Fact]
    public async Task A_pulled_cable_is_named_and_forgotten_when_it_is_back()
    {
        await using var lab = await Story.BeginAsync("cable");
        var (box, _) = await Story.StartBothAsync(lab);
        await lab.PullCableAsync(WanLink.Branch);
        await box.LightAsync("wan", "off", Seconds);
        await box.LightAsync("power", "fast blink", Seconds);
        Assert.Equal(11, await box.ReasonAsync(StoryDocuments.Hub));
        await box.CodeAsync("11");
        Assert.Contains("11 no-carrier: ", box.Log, StringComparison.Ordinal); // for the operator to hear of when it is over

        await lab.PlugCableAsync(WanLink.Branch);
        await Story.CarriesAgainAsync(lab, Seconds);
        await box.LightAsync("wan", "steady", Seconds);
        Assert.Null(await box.ReasonAsync(StoryDocuments.Hub));
        Assert.Contains("over: 11 no-carrier", box.Log, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_cable_that_was_out_until_the_peer_was_given_up_carries_seconds_after_it_is_back()
    {
        await using var lab = await Story.BeginAsync("cable-long");
        var (box, _) = await Story.StartBothAsync(lab);
        await lab.PullCableAsync(WanLink.Branch);
        await Until.TrueAsync("the peer is given up", BoxProcess.Soon, async () => await box.StateAsync(StoryDocuments.Hub) != "up");
        Assert.Equal(11, await box.ReasonAsync(StoryDocuments.Hub));
        await lab.PlugCableAsync(WanLink.Branch);
        await Story.CarriesAgainAsync(lab, Seconds);
        await Story.EchoesPassAsync(lab);
    }

    [Fact]
    public async Task A_killed_gateway_is_found_gone_and_found_again()
    {
        await using var lab = await Story.BeginAsync("peer-gone");
        var (box, gateway) = await Story.StartBothAsync(lab);
        await gateway.KillAsync();
        await Until.TrueAsync("the peer is given up", BoxProcess.Soon, async () => await box.StateAsync(StoryDocuments.Hub) != "up");
        Assert.Equal(23, await box.ReasonAsync(StoryDocuments.Hub));
        await box.CodeAsync("23");

        await gateway.StartAsync(StoryDocuments.Gateway());
        await Story.CarriesAgainAsync(lab, TimeSpan.FromSeconds(10));
        await Story.EchoesPassAsync(lab);
        Assert.Null(await box.ReasonAsync(StoryDocuments.Hub));
    }

    /// <summary>It waits for its peer's word and no longer: three seconds are for a peer that does not answer.</summary>
    [Fact]
    public async Task An_ending_box_does_not_wait_once_its_peer_was_told()
    {
        await using var lab = await Story.BeginAsync("ending");
        var (box, _) = await Story.StartBothAsync(lab);
        var started = System.Diagnostics.Stopwatch.GetTimestamp();
        await box.Daemon.StopAsync();
        Assert.InRange(System.Diagnostics.Stopwatch.GetElapsedTime(started).TotalSeconds, 0, 2.5);
    }
}
