using EdgeVpn.Appliance.Runtime;
using Xunit;

namespace EdgeVpn.Appliance.Tests.Control;

/// <summary>The watchdog is fed by loops that move, and by nothing else.</summary>
public sealed class LoopWatchTests
{
    private readonly Dictionary<string, long> _counts = new() { ["ike"] = 1, ["panel"] = 1, ["network"] = 1, ["rx udp4"] = 2 };
    private readonly List<string> _starving = [];
    private readonly LoopWatch _watch;
    private int _fed;

    public LoopWatchTests() => _watch = new LoopWatch(
        () => [.. _counts.Keys.Select(name => new Pulse(name, () => _counts[name], name.StartsWith("rx", StringComparison.Ordinal) ? count => count % 2 == 0 : null))],
        () => _fed++, _starving.Add);

    [Fact]
    public void Loops_that_move_feed_it_at_every_look()
    {
        for (var i = 0; i < 10; i++)
        {
            Move("ike", "panel", "network");
            _watch.Look();
        }

        Assert.Equal((10, 0), (_fed, _starving.Count));
    }

    [Theory]
    [InlineData("ike")]
    [InlineData("panel")]
    [InlineData("network")]
    public void One_loop_that_stands_still_starves_it_and_is_named_once(string stuck)
    {
        _watch.Look();
        for (var i = 0; i < 5; i++)
        {
            Move([.. new[] { "ike", "panel", "network" }.Where(name => name != stuck)]);
            _watch.Look();
        }

        Assert.Equal(1, _fed);
        Assert.Equal([stuck], _starving);
        Move("ike", "panel", "network");
        _watch.Look();
        Assert.Equal(2, _fed); // it moved again in time
    }

    [Fact]
    public void A_worker_may_wait_for_packets_but_not_hang_in_a_batch()
    {
        Look();
        Look();
        Assert.Equal(2, _fed); // even: it waits
        Move("rx udp4");
        Look(); // odd: in a batch, seen for the first time
        Assert.Equal(3, _fed);
        Look();
        Assert.Equal((3, "rx udp4"), (_fed, Assert.Single(_starving)));

        void Look()
        {
            Move("ike", "panel", "network");
            _watch.Look();
        }
    }

    [Fact]
    public void A_worker_that_comes_with_a_tunnel_or_goes_with_it_does_not_starve_it()
    {
        _watch.Look();
        _counts["tx evpn-hub"] = 1;
        Move("ike", "panel", "network");
        _watch.Look();
        _counts.Remove("tx evpn-hub");
        Move("ike", "panel", "network");
        _watch.Look();
        Assert.Equal(3, _fed);
    }

    [Theory]
    [InlineData("30000000", null, 30.0)]
    [InlineData("30000000", "42", 30.0)]
    [InlineData("30000000", "43", null)]
    [InlineData(null, null, null)]
    [InlineData("", "42", null)]
    [InlineData("0", "42", null)]
    [InlineData("-5", "42", null)]
    [InlineData("soon", "42", null)]
    public void The_service_manager_says_whether_and_how_often(string? period, string? process, double? seconds)
    {
        Assert.Equal(seconds, LoopWatch.PeriodOf(period, process, own: 42)?.TotalSeconds);
    }

    private void Move(params string[] names)
    {
        foreach (var name in names) _counts[name]++;
    }
}
