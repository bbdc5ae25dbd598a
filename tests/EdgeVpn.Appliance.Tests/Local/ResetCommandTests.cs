using EdgeVpn.Appliance.Local;
using EdgeVpn.Appliance.Local.Commands;
using Xunit;

namespace EdgeVpn.Appliance.Tests.Local;

public sealed class ResetCommandTests
{
    private readonly CommandBench _bench = new();

    [Theory]
    [InlineData("reset --yes", "to=factory")]
    [InlineData("reset --yes --json", "to=factory")]
    [InlineData("reset --yes --enrolment", "enrolment=true to=factory")]
    [InlineData("reset --yes --to confirmed", "to=confirmed")]
    public async Task A_reset_asks_the_daemon_for_what_was_meant(string words, string arguments)
    {
        await using var box = Bench();
        var ran = await RunAsync(box, words);
        Assert.Equal((ExitCode.Done, ""), (ran.Code, ran.Error));
        var request = Assert.Single(box.Box.Requests);
        Assert.Equal(("reset", arguments), (request.Command, string.Join(' ', request.Arguments!.Select(a => $"{a.Key}={a.Value}"))));
    }

    [Theory]
    [InlineData("y\n", true)]
    [InlineData("Yes\n", true)]
    [InlineData("", false)]
    [InlineData("\n", false)]
    [InlineData("n\n", false)]
    [InlineData("yesterday\n", false)]
    public async Task A_person_is_asked_first(string typed, bool meant)
    {
        await using var box = Bench();
        var ran = await RunAsync(box, "reset", typed);
        Assert.Equal(meant ? ExitCode.Done : ExitCode.Failed, ran.Code);
        Assert.Contains("forgets configuration and documents; the box stays with its fleet", ran.Error, StringComparison.Ordinal);
        Assert.Equal(meant ? 1 : 0, box.Box.Requests.Count);
        Assert.Equal(!meant, ran.Error.Contains("Nothing was changed", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("reset --to confirmed --enrolment --yes")]
    [InlineData("reset --json")]
    [InlineData("reset --to nowhere --yes")]
    public async Task What_makes_no_sense_is_refused_before_anybody_is_asked(string words)
    {
        await using var box = Bench();
        Assert.Equal(ExitCode.Usage, (await RunAsync(box, words)).Code);
        Assert.Empty(box.Box.Requests);
    }

    private static ControlBench Bench()
    {
        var bench = new ControlBench();
        bench.Box.Answer = (request, _) => new(ControlAnswer.Done($"{request.Command} done"));
        return bench;
    }

    private Task<Ran> RunAsync(ControlBench box, string words, string input = "") =>
        _bench.RunAsync([.. words.Split(' '), "--control", box.Options.Path], input);
}
