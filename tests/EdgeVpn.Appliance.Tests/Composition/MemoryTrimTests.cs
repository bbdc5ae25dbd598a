using EdgeVpn.Appliance.Composition;
using Xunit;

namespace EdgeVpn.Appliance.Tests.Composition;

public sealed class MemoryTrimTests
{
    private const long Megabyte = 1024 * 1024;
    private long _committed = 10 * Megabyte;
    private int _compacted;

    [Fact]
    public void What_a_burst_left_is_given_back_once_the_heap_stands_still()
    {
        var trim = new MemoryTrim(() => _committed, () => Compact(12 * Megabyte), () => 0);
        trim.Look();
        Assert.Equal(0, _compacted); // it may be growing still
        _committed = 30 * Megabyte;
        trim.Look();
        Assert.Equal(0, _compacted);
        trim.Look();
        Assert.Equal(1, _compacted);
    }

    [Fact]
    public void What_stays_is_not_collected_again_and_again()
    {
        var trim = new MemoryTrim(() => _committed, () => Compact(_committed), () => 0);
        for (var i = 0; i < 100; i++) trim.Look();
        Assert.Equal(1, _compacted);
        _committed += Megabyte;
        for (var i = 0; i < 100; i++) trim.Look();
        Assert.Equal(1, _compacted);
        _committed += 2 * Megabyte;
        for (var i = 0; i < 100; i++) trim.Look();
        Assert.Equal(2, _compacted);
    }

    [Fact]
    public void A_pause_waits_until_it_fits_into_the_queues()
    {
        var (packets, pace) = (0L, MemoryTrim.Calm + 1);
        var trim = new MemoryTrim(() => _committed, () => Compact(12 * Megabyte), () => packets += pace);
        for (var i = 0; i < 100; i++) trim.Look();
        Assert.Equal(0, _compacted);
        pace = 1;
        for (var i = 0; i < 3; i++) trim.Look();
        Assert.Equal(1, _compacted);
    }

    private void Compact(long left)
    {
        _compacted++;
        _committed = left;
    }
}
