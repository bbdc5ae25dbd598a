using EdgeVpn.Board;
using EdgeVpn.BoardTest.Machine;
using EdgeVpn.Demo.Story;
using EdgeVpn.Interop.Net;
using EdgeVpn.Interop.Processes;

namespace EdgeVpn.BoardTest.Story;

/// <summary>Our package on an emulated Raspberry Pi 3 B: as far as its lights.</summary>
/// <param name="patience">Every deadline is this many times what a quiet machine with two cores needs at the most.</param>
internal sealed class RaspiPlot(StoryClock clock, double patience) : IPlot
{
    private string _card = "";
    private RaspiBoard? _board;

    public IReadOnlyList<Chapter> Chapters =>
    [
        new("The package is installed on a card", CardAsync, IsEssential: true),
        new("QEMU -M raspi3b boots from it: lamp test, then a steady light on GPIO17", LightsAsync),
    ];

    public Lab? Lab { get; private set; }

    public async ValueTask DisposeAsync()
    {
        _board?.Dispose();
        if (Lab is not null) await Lab.DisposeAsync();
    }

    private async Task<string> CardAsync(CancellationToken cancel)
    {
        Lab = await Lab.StartAsync("board-raspi");
        _card = await RaspiBoard.MakeCardAsync(Lab, Within(90));
        return $"the board is {RaspiBoard.Definition}, which has the same chip, without its button";
    }

    private async Task<string> LightsAsync(CancellationToken cancel)
    {
        var start = clock.Elapsed;
        _board = await RaspiBoard.PowerOnAsync(Lab!, _card);
        await Until.TrueAsync("every light is on for the lamp test", Within(240), () => _board.Lights.LongestLampTest > VirtPlot.LampTest, _board.Lights.Describe);
        var tested = clock.Elapsed - start;
        await _board.Lights.ShowsAsync(Light.Vpn, LedPattern.Off, Within(30)); // no connection is configured
        await _board.Lights.ShowsAsync(Light.Power, LedPattern.Steady, Within(10));
        return $"power on to lamp test {VirtPlot.Seconds(tested)}; power steady on GPIO17, vpn off";
    }

    private TimeSpan Within(double seconds) => TimeSpan.FromSeconds(seconds * patience);
}
