using EdgeVpn.Interop.Net;
using EdgeVpn.Interop.Processes;
using EdgeVpn.Interop.Traffic;
using Xunit;

namespace EdgeVpn.Interop.Stories;

/// <summary>What the stories begin with and look at again and again.</summary>
internal static class Story
{
    internal static async Task<Lab> BeginAsync(string name, bool fleet = false)
    {
        Requires.Lab();
        await Requires.ApplianceAsync();
        if (fleet) FleetTool.Require();
        return await Lab.StartAsync("story-" + name);
    }

    /// <summary>A gateway and a box from files, the tunnel up and proved by echoes.</summary>
    internal static async Task<(BoxProcess Box, BoxProcess Gateway)> StartBothAsync(Lab lab)
    {
        var gateway = new BoxProcess(lab, Node.Gateway);
        await gateway.StartAsync(StoryDocuments.Gateway());
        var box = new BoxProcess(lab, Node.Box);
        await box.StartAsync(StoryDocuments.Box());
        await box.UpAsync(StoryDocuments.Hub);
        await EchoesPassAsync(lab);
        return (box, gateway);
    }

    /// <summary>Ten echoes through the tunnel, ten answers.</summary>
    internal static async Task EchoesPassAsync(Lab lab, string to = LabAddresses.CloudHost)
    {
        var ping = await Ping.RunAsync(lab, Node.BranchLan, to, count: 10);
        Assert.Equal(new PingResult(10, 10, 0), ping);
    }

    /// <summary>Waits until an echo comes back.</summary>
    /// <returns>How long that took.</returns>
    internal static async Task<TimeSpan> CarriesAgainAsync(Lab lab, TimeSpan within)
    {
        var start = System.Diagnostics.Stopwatch.GetTimestamp();
        await Until.TrueAsync("the tunnel carries echoes again", within, () => Ping.AnswersAsync(lab, Node.BranchLan, LabAddresses.CloudHost));
        var took = System.Diagnostics.Stopwatch.GetElapsedTime(start);
        lab.Journal($"carries again after {took.TotalSeconds:0.0} s\n");
        return took;
    }

    internal static void NothingLost(UdpStreamResult stream)
    {
        Assert.True(stream.Sent > 100, $"only {stream.Sent} datagrams were sent");
        Assert.Equal((0, 0, 0), (stream.Lost, stream.Corrupted, stream.Refused));
    }
}
