using EdgeVpn.Appliance.Setup;
using Xunit;

namespace EdgeVpn.Appliance.Tests.Setup;

public sealed class SetupModeTests
{
    private readonly ManualTime _time = new();
    private readonly List<string> _told = [];
    private int _serving;
    private int _served;
    private bool _hasLan = true;

    [Fact]
    public async Task It_is_closed_at_first_and_closes_by_itself_after_a_quarter_of_an_hour()
    {
        await using var mode = Make();
        Assert.Equal((false, 0), (mode.IsOpen, _serving));
        Assert.True(await mode.OpenAsync());
        _time.Pass(SetupMode.Span - TimeSpan.FromSeconds(1));
        Assert.Equal((true, 1, TimeSpan.FromSeconds(1)), (mode.IsOpen, _serving, mode.Remaining));
        _time.Pass(TimeSpan.FromSeconds(1));
        Assert.Equal((false, 0, TimeSpan.Zero), (mode.IsOpen, _serving, mode.Remaining));
        Assert.Equal(["set-up mode closed: its time is over"], _told);
    }

    [Fact]
    public async Task Holding_the_button_again_begins_the_quarter_anew_with_the_same_page()
    {
        await using var mode = Make();
        await mode.OpenAsync();
        _time.Pass(SetupMode.Span / 2);
        await mode.OpenAsync();
        _time.Pass(SetupMode.Span - TimeSpan.FromSeconds(1));
        Assert.Equal((true, 1), (mode.IsOpen, _served));
    }

    [Fact]
    public async Task Without_a_LAN_port_it_stays_closed_and_the_lights_do_not_chase()
    {
        await using var mode = Make();
        _hasLan = false;
        Assert.False(await mode.OpenAsync());
        Assert.False(mode.IsOpen);
    }

    [Fact]
    public async Task Closed_by_hand_it_can_be_opened_again_and_an_ending_daemon_closes_it()
    {
        var mode = Make();
        await mode.OpenAsync();
        await mode.CloseAsync("closed on the page");
        Assert.Equal((false, 0), (mode.IsOpen, _serving));
        Assert.True(await mode.OpenAsync());
        await mode.DisposeAsync();
        Assert.Equal((false, 0, 2), (mode.IsOpen, _serving, _served));
        Assert.False(await mode.OpenAsync());
    }

    private SetupMode Make() => new(_ =>
    {
        if (!_hasLan) return Task.FromResult<IAsyncDisposable?>(null);
        _serving++;
        _served++;
        return Task.FromResult<IAsyncDisposable?>(new Page(this));
    }, _time, _told.Add);

    private sealed class Page(SetupModeTests tests) : IAsyncDisposable
    {
        public ValueTask DisposeAsync()
        {
            tests._serving--;
            return ValueTask.CompletedTask;
        }
    }
}
