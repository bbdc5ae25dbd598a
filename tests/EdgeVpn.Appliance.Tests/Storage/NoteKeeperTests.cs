using System.Text;
using EdgeVpn.Appliance.Storage;
using Xunit;

namespace EdgeVpn.Appliance.Tests.Storage;

public sealed class NoteKeeperTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("edgevpn-notes-").FullName;
    private readonly HandClock _clock = new();
    private Haste _haste = Haste.Usual;
    private string _text = "one";

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    private string? OnDisk => File.Exists(Path.Combine(_folder, "note")) ? File.ReadAllText(Path.Combine(_folder, "note")) : null;

    private NoteKeeper Keeper(long octetsPerDay = FlashBudget.StandardOctetsPerDay) => new(
        _folder, new FlashBudget(_clock, octetsPerDay), _clock, [new KeptNote("note", TimeSpan.FromMinutes(30), () => _haste, () => Encoding.UTF8.GetBytes(_text))]);

    [Fact]
    public void A_note_waits_for_its_interval_and_an_urgent_one_does_not()
    {
        var keeper = Keeper();
        _clock.Advance(TimeSpan.FromMinutes(29));
        keeper.Look();
        Assert.Null(OnDisk);
        _clock.Advance(TimeSpan.FromMinutes(2));
        keeper.Look();
        Assert.Equal("one", OnDisk);
        (_text, _haste) = ("two", Haste.Soon);
        _clock.Advance(TimeSpan.FromSeconds(20));
        keeper.Look();
        Assert.Equal("two", OnDisk);
        (_text, _haste) = ("three", Haste.None);
        _clock.Advance(TimeSpan.FromDays(1));
        keeper.Look();
        Assert.Equal("two", OnDisk);
    }

    [Fact]
    public void A_day_of_urgent_notes_stays_within_the_budget()
    {
        _haste = Haste.Soon;
        var cost = FlashBudget.CostOf(3);
        var keeper = Keeper(cost * 10);
        var writes = 0;
        for (var i = 0; i < 24 * 60; i++)
        {
            _text = $"{i:000}";
            _clock.Advance(TimeSpan.FromMinutes(1));
            keeper.Look();
            if (OnDisk == _text) writes++;
        }

        Assert.InRange(writes, 10, 20); // what was saved up, and what a day brings
        Assert.Equal((24 * 60) - writes, keeper.Refused);
    }

    [Fact]
    public async Task A_stop_writes_what_is_left()
    {
        using var stop = new CancellationTokenSource();
        var running = Keeper().RunAsync(stop.Token);
        await stop.CancelAsync();
        await running;
        Assert.Equal("one", OnDisk);
    }

    [Fact]
    public void What_a_disk_did_not_take_is_written_when_it_does_although_nothing_changed_since()
    {
        var keeper = Keeper();
        Directory.CreateDirectory(Path.Combine(_folder, "note")); // nothing can be renamed over a folder
        _clock.Advance(TimeSpan.FromMinutes(31));
        keeper.Look();
        Assert.Equal((1, null), (keeper.Refused, OnDisk));
        _haste = Haste.None;
        Directory.Delete(Path.Combine(_folder, "note"));
        _clock.Advance(TimeSpan.FromMinutes(31));
        keeper.Look();
        Assert.Equal("one", OnDisk);
        _text = "two";
        _clock.Advance(TimeSpan.FromMinutes(31));
        keeper.Look();
        Assert.Equal("one", OnDisk);
    }

    [Fact]
    public void The_account_says_what_was_drawn_and_what_is_left_and_what_it_refused()
    {
        var cost = FlashBudget.CostOf(1);
        var budget = new FlashBudget(_clock, cost * 2);
        Assert.Equal(new(cost * 2, cost * 2, 0, 0), budget.Status());
        Assert.True(budget.TrySpend(1) && budget.TrySpend(1));
        Assert.False(budget.TrySpend(1));
        Assert.Equal(new(cost * 2, 0, cost * 2, 1), budget.Status());
        _clock.Advance(TimeSpan.FromHours(12));
        Assert.Equal(new(cost * 2, cost, cost * 2, 1), budget.Status());
    }

    [Fact]
    public void Two_writers_draw_on_one_account()
    {
        var budget = new FlashBudget(_clock, FlashBudget.CostOf(1) * 3);
        Assert.True(budget.TrySpend(1) && budget.TrySpend(1) && budget.TrySpend(1));
        Assert.False(budget.TrySpend(1));
        _clock.Advance(TimeSpan.FromHours(8));
        Assert.True(budget.TrySpend(1));
        Assert.False(budget.TrySpend(1));
    }
}

/// <summary>A clock that is moved by hand.</summary>
internal sealed class HandClock : TimeProvider
{
    private TimeSpan _elapsed;

    public override long TimestampFrequency => TimeSpan.TicksPerSecond;

    public DateTimeOffset Start { get; set; } = new(2026, 11, 22, 12, 0, 0, TimeSpan.Zero);

    public override long GetTimestamp() => _elapsed.Ticks;

    public override DateTimeOffset GetUtcNow() => Start + _elapsed;

    public void Advance(TimeSpan time) => _elapsed += time;
}
