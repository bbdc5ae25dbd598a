using System.Globalization;
using EdgeVpn.Fleet.Keys;
using EdgeVpn.Fleet.Wanted;
using Xunit;

namespace EdgeVpn.Fleet.Tests.Wanted;

public sealed class MaintenanceWindowTests
{
    [Theory]
    [InlineData("2026-07-04T19:59:00Z", false)] // Saturday, 21:59 in Paris
    [InlineData("2026-07-04T20:00:00Z", true)]
    [InlineData("2026-07-05T01:59:00Z", true)] // Sunday, 03:59: Saturday's
    [InlineData("2026-07-05T02:00:00Z", false)]
    [InlineData("2026-07-05T20:30:00Z", false)] // Sunday evening begins none
    [InlineData("2026-12-05T20:30:00Z", false)] // in winter 22:00 is an hour later
    [InlineData("2026-12-05T21:00:00Z", true)]
    public void It_goes_past_midnight_by_the_clock_on_the_wall(string at, bool isOpen) =>
        Assert.Equal(isOpen, Window("22:00", "04:00", "sat").IsOpen(At(at)));

    [Fact]
    public void It_says_when_it_opens()
    {
        var window = Window("22:00", "04:00", "sat");
        Assert.Equal(At("2026-07-04T20:00:00Z"), window.OpensAt(At("2026-06-30T00:00:00Z")));
        Assert.Equal(At("2026-07-05T00:00:00Z"), window.OpensAt(At("2026-07-05T00:00:00Z")));
        Assert.Equal(At("2026-07-11T20:00:00Z"), window.OpensAt(At("2026-07-05T02:00:00Z")));
    }

    // 2026-03-29: clocks go from 02:00 to 03:00; 2026-10-25: from 03:00 back to 02:00.
    [Fact]
    public void An_hour_that_the_change_of_clocks_leaves_out_opens_nothing_and_one_that_comes_twice_is_open_twice()
    {
        var window = Window("02:00", "03:00");
        var midnight = At("2026-03-28T23:00:00Z");
        for (var minute = 0; minute < 23 * 60; minute++) Assert.False(window.IsOpen(midnight.AddMinutes(minute)), $"open at minute {minute}");
        Assert.Equal(At("2026-03-30T00:00:00Z"), window.OpensAt(midnight));
        Assert.True(window.IsOpen(At("2026-10-25T00:30:00Z")));
        Assert.True(window.IsOpen(At("2026-10-25T01:30:00Z")));
        Assert.False(window.IsOpen(At("2026-10-25T02:00:00Z")));
    }

    [Theory]
    [InlineData("Mars/Olympus", "22:00", "23:00", null, "timeZone")]
    [InlineData("UTC", "24:00", "04:00", null, "from")]
    [InlineData("UTC", "22:00", "4:00", null, "to")]
    [InlineData("UTC", "22:00", "22:00", null, "ends when it begins")]
    [InlineData("UTC", "22:00", "04:00", "saturday", "days[0]")]
    public void What_is_no_window_is_refused_by_its_path(string zone, string from, string to, string? day, string path)
    {
        var problem = Assert.Throws<FleetFolderException>(() => MaintenanceWindow.Of(new WindowFile(zone, from, to) { Days = day is null ? null : [day] }, "$.windows[0]"));
        Assert.Contains(path, problem.Message, StringComparison.Ordinal);
        Assert.StartsWith("$.windows[0]", problem.Message, StringComparison.Ordinal);
    }

    private static MaintenanceWindow Window(string from, string to, params string[] days) =>
        MaintenanceWindow.Of(new WindowFile("Europe/Paris", from, to) { Days = days.Length == 0 ? null : days }, "$");

    private static DateTimeOffset At(string text) => DateTimeOffset.Parse(text, CultureInfo.InvariantCulture);
}
