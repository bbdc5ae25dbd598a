using EdgeVpn.Appliance.Local;
using EdgeVpn.Appliance.Setup;
using EdgeVpn.Appliance.Storage;
using EdgeVpn.Model.Configuration;
using Xunit;

namespace EdgeVpn.Appliance.Tests.Setup;

/// <summary>A change made on the spot proves itself to the person who made it, or is taken back.</summary>
public sealed class LocalChangeTests
{
    private static readonly BoxConfig s_first = new() { Device = new DeviceConfig { Name = "first" } };
    private static readonly BoxConfig s_second = new() { Device = new DeviceConfig { Name = "second" } };

    private readonly ManualTime _time = new();
    private readonly Spot _spot = new();
    private readonly List<string> _kept = [];
    private readonly List<string> _sought = [];
    private StorageResult _storage = StorageResult.Ok;

    [Fact]
    public async Task What_is_confirmed_in_time_is_kept()
    {
        await using var change = Make();
        await change.TryAsync("one"u8.ToArray(), s_first);
        _time.Pass(LocalChange.Patience - TimeSpan.FromSeconds(1));
        Assert.Equal(TimeSpan.FromSeconds(1), change.Remaining);
        Assert.True((await change.ConfirmAsync())!.IsOk);
        _time.Pass(LocalChange.Patience);
        Assert.Equal(["one"], _kept);
        Assert.Equal(["try first"], _spot.Done);
        Assert.Null(change.Remaining);
    }

    [Fact]
    public async Task What_is_not_confirmed_in_time_is_taken_back()
    {
        await using var change = Make();
        await change.TryAsync("one"u8.ToArray(), s_first);
        _time.Pass(LocalChange.Patience);
        Assert.Equal(["try first", "return factory"], _spot.Done);
        Assert.Null(await change.ConfirmAsync()); // too late
        Assert.Empty(_kept);
    }

    [Fact]
    public async Task A_second_trial_returns_to_what_was_before_the_first()
    {
        await using var change = Make();
        await change.TryAsync("one"u8.ToArray(), s_first);
        _time.Pass(LocalChange.Patience / 2);
        await change.TryAsync("two"u8.ToArray(), s_second);
        _time.Pass(LocalChange.Patience / 2); // the first one's time: its timer is no more
        Assert.Equal(["try first", "try second"], _spot.Done);
        Assert.True(await change.RevertAsync("was taken back by hand"));
        Assert.Equal(["try first", "try second", "return factory"], _spot.Done);
        Assert.False(await change.RevertAsync("again"));
    }

    [Fact]
    public async Task The_operator_is_sought_where_the_trial_says_and_again_where_he_was()
    {
        await using var change = Make();
        await change.TryAsync("one"u8.ToArray(), s_first);
        Assert.Equal(["first"], _sought);
        await change.RevertAsync("was taken back by hand");
        Assert.Equal(["first", "factory"], _sought);
    }

    [Fact]
    public async Task An_operators_document_that_comes_meanwhile_ends_the_trial()
    {
        await using var change = Make();
        await change.TryAsync("one"u8.ToArray(), s_first);
        Assert.NotNull(_spot.TakeSettled()); // as the twin does
        Assert.Null(change.Remaining);
        Assert.Null(await change.ConfirmAsync());
        _time.Pass(LocalChange.Patience);
        Assert.Equal(["try first"], _spot.Done);
        Assert.Empty(_kept);
    }

    [Fact]
    public async Task What_the_disk_does_not_take_is_taken_back()
    {
        await using var change = Make();
        _storage = new StorageResult(StorageFault.Full, "full");
        await change.TryAsync("one"u8.ToArray(), s_first);
        Assert.False((await change.ConfirmAsync())!.IsOk);
        Assert.Equal(["try first", "return factory"], _spot.Done);
    }

    private LocalChange Make() => new(_spot, body =>
    {
        if (_storage.IsOk) _kept.Add(System.Text.Encoding.UTF8.GetString(body));
        return Task.FromResult(_storage);
    }, configuration =>
    {
        _sought.Add(configuration.Device.Name ?? "factory");
        return Task.CompletedTask;
    }, _time);

    private sealed class Spot : ISpot
    {
        private SettledConfiguration? _settled;

        public List<string> Done { get; } = [];

        public bool HasSettled => _settled is not null;

        public Task TryAsync(BoxConfig configuration, ConfigurationInForce inForce)
        {
            Assert.Equal(ConfigurationSource.Local, inForce.Source);
            _settled ??= new SettledConfiguration(new BoxConfig(), new ConfigurationInForce());
            Done.Add($"try {configuration.Device.Name}");
            return Task.CompletedTask;
        }

        public SettledConfiguration? TakeSettled()
        {
            var settled = _settled;
            _settled = null;
            return settled;
        }

        public Task ReturnAsync(SettledConfiguration before)
        {
            Done.Add($"return {before.Configuration.Device.Name ?? "factory"}");
            return Task.CompletedTask;
        }

        public void Tell(string text)
        {
        }
    }
}
