using EdgeVpn.Appliance.Storage;
using Xunit;

namespace EdgeVpn.Appliance.Tests.Storage;

public sealed class TrustedTimeTests
{
    private static readonly DateTimeOffset s_known = new(2026, 11, 23, 3, 0, 0, TimeSpan.Zero);

    [Fact]
    public void A_box_without_a_clock_begins_at_the_last_known_time_and_goes_on_from_there()
    {
        var machine = new Clock(DateTimeOffset.UnixEpoch);
        var time = new TrustedTime(machine, s_known, () => false);
        Assert.Equal(s_known, time.GetUtcNow());
        machine.Pass(TimeSpan.FromSeconds(10));
        Assert.Equal(s_known.AddSeconds(10), time.GetUtcNow());
    }

    [Fact]
    public void A_clock_that_is_ahead_of_what_is_known_is_believed()
    {
        var time = new TrustedTime(new Clock(s_known.AddDays(30)), s_known, () => false);
        Assert.Equal(s_known.AddDays(30), time.GetUtcNow());
        Assert.False(time.IsDoubtful);
        Assert.False(new TrustedTime(new Clock(DateTimeOffset.UnixEpoch), null, () => false).IsDoubtful); // nothing is known: nothing to doubt by
    }

    [Fact]
    public void Certificates_wait_until_the_clock_is_set_and_not_for_ever()
    {
        var machine = new Clock(DateTimeOffset.UnixEpoch);
        var synchronized = false;
        var time = new TrustedTime(machine, s_known, () => synchronized);
        Assert.True(time.IsDoubtful);
        machine.Set(s_known.AddDays(3)); // NTP steps it
        synchronized = true;
        Assert.False(time.IsDoubtful);
        Assert.Equal(s_known.AddDays(3), time.GetUtcNow());

        var alone = new Clock(DateTimeOffset.UnixEpoch);
        var waiting = new TrustedTime(alone, s_known, () => false);
        alone.Pass(TrustedTime.Patience);
        Assert.False(waiting.IsDoubtful); // the time server may be behind the very tunnel
        Assert.True(waiting.IsBehind);
    }

    /// <summary>One wrong answer of a time server, written down, must not keep a box in the future.</summary>
    [Fact]
    public void A_wrong_memory_heals_as_soon_as_somebody_vouches_for_an_earlier_time()
    {
        var healed = new TrustedTime(new Clock(s_known), new DateTimeOffset(2099, 1, 1, 0, 0, 0, TimeSpan.Zero), () => true);
        Assert.Equal(s_known, healed.GetUtcNow());
        Assert.Equal("\"2026-11-23 03:00:00Z\"\n", System.Text.Encoding.ASCII.GetString(healed.ToJson()));
    }

    [Fact]
    public void A_box_that_never_ran_before_knows_at_least_when_its_program_was_made()
    {
        var folder = Directory.CreateTempSubdirectory("edgevpn-time-").FullName;
        try
        {
            var program = Path.Combine(folder, "edgevpn");
            Assert.Null(TrustedTime.Made(program));
            File.WriteAllText(program, "");
            File.SetLastWriteTimeUtc(program, s_known.UtcDateTime);
            Assert.Equal(s_known, TrustedTime.Made(program));
            File.SetLastWriteTimeUtc(program, new DateTime(2400, 1, 1, 0, 0, 0, DateTimeKind.Utc));
            Assert.Null(TrustedTime.Made(program));
            Assert.True(TrustedTime.Of(null).GetUtcNow() >= TrustedTime.Made(Environment.ProcessPath));
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    [Theory]
    [InlineData("\"9999-12-31 23:59:59Z\"")] // nothing could be reckoned on from there
    [InlineData("")]
    [InlineData("yesterday")]
    [InlineData("\"2026-13-01 00:00:00Z\"")]
    public void A_note_that_is_none_is_no_reason_not_to_start(string text)
    {
        using var folder = new StateFolder();
        File.WriteAllText(folder.At(TrustedTime.FileName), text);
        Assert.False(TrustedTime.Of(folder.Path).IsBehind);
    }

    [Fact]
    public void A_jump_of_the_clock_moves_no_timer_and_no_interval()
    {
        var machine = new Clock(s_known);
        var time = new TrustedTime(machine, null, () => true);
        var before = time.GetTimestamp();
        machine.Pass(TimeSpan.FromSeconds(1));
        machine.Set(s_known.AddYears(3));
        Assert.Equal(TimeSpan.FromSeconds(1), time.GetElapsedTime(before));
    }

    private sealed class Clock(DateTimeOffset wall) : TimeProvider
    {
        private TimeSpan _elapsed;
        private DateTimeOffset _wall = wall;

        public override long TimestampFrequency => TimeSpan.TicksPerSecond;

        public override long GetTimestamp() => _elapsed.Ticks;

        public override DateTimeOffset GetUtcNow() => _wall;

        public void Pass(TimeSpan span) => (_elapsed, _wall) = (_elapsed + span, _wall + span);

        public void Set(DateTimeOffset wall) => _wall = wall;
    }
}
