using System.Collections.Immutable;
using EdgeVpn.Interop.Net;
using EdgeVpn.Interop.Processes;
using Xunit;

namespace EdgeVpn.Interop.Stories;

/// <summary>A box without a clock of its own starts in 2001, and then the time comes from the network.</summary>
[Trait("story", "clock")]
public sealed class ClockStory
{
    private const string Library = "/usr/$LIB/faketime/libfaketimeMT.so.1"; // $LIB: ld.so(8)

    [Fact]
    public async Task A_clock_that_jumps_by_decades_costs_no_tunnel_and_shuts_no_page()
    {
        Requires.Faketime();
        await using var lab = await Story.BeginAsync("clock");
        var clock = Path.Combine(lab.RunFolder, "clock");
        await File.WriteAllTextAsync(clock, "@2001-01-01 00:00:00\n");
        await new BoxProcess(lab, Node.Gateway).StartAsync(StoryDocuments.Gateway());
        var box = new BoxProcess(lab, Node.Box)
        {
            Environment = ImmutableDictionary.CreateRange<string, string>(
            [
                new("LD_PRELOAD", Library), new("FAKETIME_TIMESTAMP_FILE", clock), new("FAKETIME_NO_CACHE", "1"), new("DONT_FAKE_MONOTONIC", "1"),
            ]),
        };
        await box.StartAsync(StoryDocuments.Box());
        await box.UpAsync(StoryDocuments.Hub); // a pre-shared key needs no clock
        await Story.EchoesPassAsync(lab);
        Assert.StartsWith("2001-", await SinceAsync(box), StringComparison.Ordinal); // the box does live in that year
        var sas = await SasAsync(box);
        (await box.CommandAsync("setup", "open")).Checked();
        await box.LightAsync("vpn", "chase");

        foreach (var time in new[] { "+0", "@1999-12-31 23:59:00" })
        {
            await File.WriteAllTextAsync(clock, time + "\n");
            await Story.EchoesPassAsync(lab);
            (await box.CommandAsync("rekey", "--child", StoryDocuments.Hub)).Checked();
            await Task.WhenAll(Enumerable.Range(0, 3).Select(_ => Story.EchoesPassAsync(lab)));
            Assert.Equal(sas, await SasAsync(box));
            Assert.Equal("chase", (await box.LightsAsync())["vpn"]); // set-up mode goes on
        }
    }

    private static async Task<string> SasAsync(BoxProcess box) =>
        string.Join(' ', (await box.ConnectionAsync(StoryDocuments.Hub))["ikeSas"]!.AsArray().Select(sa => (string)sa!["initiatorSpi"]!));

    private static async Task<string> SinceAsync(BoxProcess box) => (await box.ConnectionAsync(StoryDocuments.Hub))["since"]!.ToString();
}
