using EdgeVpn.Interop.Net;
using EdgeVpn.Interop.Processes;
using Xunit;

namespace EdgeVpn.Interop.Stories;

/// <summary>The technician's card, held beside a running box.</summary>
[Trait("story", "lights")]
public sealed class LightsStory
{
    [Fact]
    public async Task The_lights_of_a_box_on_its_way_up_are_those_of_the_card()
    {
        await using var lab = await Story.BeginAsync("lights");
        await lab.PullCableAsync(WanLink.Branch);
        var box = new BoxProcess(lab, Node.Box);
        await box.StartAsync(StoryDocuments.Box());
        await ShowAsync(box, power: "fast blink", wan: "off", vpn: "slow blink", cloud: "off"); // no cable

        await lab.PlugCableAsync(WanLink.Branch);
        await ShowAsync(box, power: null, wan: "two blinks", vpn: "slow blink", cloud: "off"); // nobody answers: negotiating
        var gateway = new BoxProcess(lab, Node.Gateway);
        await gateway.StartAsync(StoryDocuments.Gateway());
        await ShowAsync(box, power: "steady", wan: "steady", vpn: "steady", cloud: "off"); // up
        Assert.False((await box.LightsAsync()).ContainsKey("code"));
    }

    [Fact]
    public async Task A_short_press_shows_the_code_of_what_is_wrong()
    {
        await using var lab = await Story.BeginAsync("button");
        var gateway = new BoxProcess(lab, Node.Gateway);
        await gateway.StartAsync(StoryDocuments.Gateway());
        var box = new BoxProcess(lab, Node.Box);
        await box.StartAsync(StoryDocuments.Box().WithSecret("not-the-one-that-the-gateway-has"));
        await ShowAsync(box, power: "fast blink", wan: null, vpn: "fast blink", cloud: "off");
        Assert.Equal(33, await box.ReasonAsync(StoryDocuments.Hub));

        (await box.CommandAsync("board", "press", "0.2s")).Checked();
        await box.LightAsync("power", "code 33", TimeSpan.FromSeconds(3));
        var why = await box.CommandAsync("why");
        Assert.Equal(1, why.ExitCode);
        Assert.Contains("33", why.Output, StringComparison.Ordinal);
    }

    /// <summary>Waits until all four show what the table says; null is what this moment leaves open.</summary>
    private static async Task ShowAsync(BoxProcess box, string? power, string? wan, string? vpn, string? cloud)
    {
        var seen = "";
        await Until.TrueAsync($"lights: {power ?? "-"}, {wan ?? "-"}, {vpn ?? "-"}, {cloud ?? "-"}", BoxProcess.Soon, async () =>
        {
            var lights = await box.LightsAsync();
            seen = string.Join(", ", lights);
            return (power ?? lights["power"]) == lights["power"] && (wan ?? lights["wan"]) == lights["wan"]
                && (vpn ?? lights["vpn"]) == lights["vpn"] && (cloud ?? lights["cloud"]) == lights["cloud"];
        }, () => seen);
    }
}
