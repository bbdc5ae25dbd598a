using System.Text.Json.Nodes;
using EdgeVpn.Demo.Cast;
using EdgeVpn.Demo.Screens;

namespace EdgeVpn.Demo.Story;

/// <summary>Look at the box while the story goes on: its lights, and what <c>edgevpn watch</c> tells.</summary>
public sealed class Observers : IAsyncDisposable
{
    private static readonly TimeSpan LightsEvery = TimeSpan.FromMilliseconds(200);
    private static readonly string[] Told = ["ike.message", "ike.up", "ike.down", "child.up", "child.down"];

    private readonly LineProcess _watch;
    private readonly CancellationTokenSource _stop = new();
    private readonly Task _lights;

    public Observers(Box box, IScreen screen, StoryClock clock)
    {
        _watch = box.Watch(happened =>
        {
            if (Told.Contains((string?)happened["kind"])) screen.Ike($"{(string?)happened["text"]}");
        });
        _lights = LightsAsync(box, screen, clock);
    }

    public async ValueTask DisposeAsync()
    {
        if (_stop.IsCancellationRequested) return;
        await _stop.CancelAsync();
        await _lights;
        await _watch.DisposeAsync();
        _stop.Dispose();
    }

    private async Task LightsAsync(Box box, IScreen screen, StoryClock clock)
    {
        var shown = PanelReading.Dark;
        try
        {
            while (true)
            {
                var lights = (await box.StatusAsync(_stop.Token))?["lights"];
                var now = lights is JsonNode ? PanelReading.Read(lights, clock.Elapsed) : box.IsRunning ? null : PanelReading.Dark;
                if (now is not null && !now.ShowsTheSame(shown)) screen.Lights(shown = now);
                await Task.Delay(LightsEvery, _stop.Token);
            }
        }
        catch (OperationCanceledException)
        {
            // DisposeAsync asked for it.
        }
    }
}
