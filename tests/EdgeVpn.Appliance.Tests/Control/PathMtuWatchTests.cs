using System.Net;
using EdgeVpn.Appliance.Control;
using EdgeVpn.Ipsec;
using Xunit;
using Path = EdgeVpn.Ipsec.Path;

namespace EdgeVpn.Appliance.Tests.Control;

public class PathMtuWatchTests
{
    private const int Full = 1_400, Narrow = 1_300;
    private static readonly IPAddress First = IPAddress.Parse("10.20.0.10"), Second = IPAddress.Parse("10.20.0.11");

    [Fact]
    public async Task A_whole_path_is_asked_two_questions_then_one_a_minute_and_two_again_after_ten()
    {
        var world = new World();
        await world.LookAsync(seconds: 1);
        Assert.Equal([(First, 576), (First, Full)], world.Asked);
        await world.LookAsync(seconds: 59);
        Assert.Equal(2, world.Asked.Count);
        await world.LookAsync(seconds: 1);
        Assert.Equal((First, Full), world.Asked[2]);
        await world.LookAsync(seconds: 540);
        Assert.Equal(2 + 9 + 2, world.Asked.Count);
        Assert.All(world.Found, found => Assert.Equal(new PathMtuResult(PathMtuKind.Whole, Full), found));
    }

    [Fact]
    public async Task A_path_that_narrows_while_the_tunnel_stands_is_found_within_a_minute_and_its_mend_within_ten()
    {
        var world = new World();
        await world.LookAsync(seconds: 5);
        world.Carries = Narrow;
        await world.LookAsync(seconds: 60);
        Assert.Equal(new PathMtuResult(PathMtuKind.BlackHole, Narrow), world.View.PathMtu);
        Assert.Equal(Narrow, world.View.Mtu);
        world.Carries = Full;
        await world.LookAsync(seconds: 600);
        Assert.Equal(new PathMtuResult(PathMtuKind.Whole, Full), world.View.PathMtu);
        Assert.Equal(Full, world.View.Mtu);
    }

    [Fact]
    public async Task One_lost_question_is_weather()
    {
        var world = new World();
        await world.LookAsync(seconds: 1);
        world.Lose = 2;
        await world.LookAsync(seconds: 120);
        Assert.Single(world.Found);
    }

    [Fact]
    public async Task Another_path_is_asked_at_once_and_what_was_known_of_the_old_one_does_not_stand()
    {
        var world = new World { Carries = Narrow };
        await world.LookAsync(seconds: 1);
        world.Carries = 0;
        world.View = world.View with { IkeSas = [.. world.View.IkeSas.Select(sa => sa with { Path = new Path(IpEndpoint.Parse("198.51.100.7:4500"), sa.Path.Remote) })] };
        await world.LookAsync(seconds: 1);
        Assert.Equal(PathMtuKind.Unknown, world.View.PathMtu!.Value.Kind);
        world.Carries = Full;
        await world.LookAsync(seconds: 30);
        Assert.Equal(PathMtuKind.Whole, world.View.PathMtu!.Value.Kind);
    }

    [Fact]
    public async Task A_host_that_falls_silent_leaves_what_was_known_and_the_next_one_answers_for_it()
    {
        var alone = new World(First) { Carries = Narrow };
        await alone.LookAsync(seconds: 1);
        alone.Silent = First;
        alone.Widened = 0;
        await alone.LookAsync(seconds: 300);
        Assert.Equal(new PathMtuResult(PathMtuKind.BlackHole, Narrow), alone.View.PathMtu);
        Assert.Equal(0, alone.Widened); // large packets would vanish meanwhile

        var world = new World { Silent = First };
        await world.LookAsync(seconds: 1);
        Assert.Equal((Second, Full), world.Asked[^1]);
        Assert.Equal(new PathMtuResult(PathMtuKind.Whole, Full), world.View.PathMtu);
    }

    [Fact]
    public async Task Nothing_is_asked_while_the_tunnel_is_down()
    {
        var world = new World();
        world.View = world.View with { State = EdgeVpn.Appliance.Control.ConnectionState.Negotiating };
        await world.LookAsync(seconds: 100);
        Assert.Empty(world.Asked);
    }

    /// <summary>A connection, the hosts behind it and the path between: time is the number of looks.</summary>
    private sealed class World
    {
        private readonly PathMtuWatch _watch;

        public World(params IPAddress[] hosts) =>
            _watch = new PathMtuWatch(hosts.Length == 0 ? [First, Second] : hosts, () => View, Take, Echo);

        public ConnectionView View { get; set; } = Assert.Single(Moment.ByDigits[49]().Connections) with { Mtu = Full, FullMtu = Full };

        public int Carries { get; set; } = Full;

        public int Lose { get; set; }

        public IPAddress? Silent { get; set; }

        public int Widened { get; set; }

        public List<(IPAddress Host, int Octets)> Asked { get; } = [];

        public List<PathMtuResult> Found { get; } = [];

        public async Task LookAsync(int seconds)
        {
            for (var i = 0; i < seconds; i++) await _watch.LookAsync(TestContext.Current.CancellationToken);
        }

        // As the connection manager does it.
        private Task Take(PathMtuResult? result)
        {
            if (result is { } found) Found.Add(found);
            else Widened++;
            View = View with { Mtu = result is { Kind: PathMtuKind.BlackHole } hole ? hole.Mtu : Full, PathMtu = result ?? View.PathMtu };
            return Task.CompletedTask;
        }

        private Task<TimeSpan?> Echo(IPAddress host, int octets, TimeSpan patience, CancellationToken stop)
        {
            Asked.Add((host, octets));
            var isLost = Lose > 0 && Lose-- > 0;
            return Task.FromResult<TimeSpan?>(isLost || host.Equals(Silent) || octets > Carries ? null : TimeSpan.FromMilliseconds(1));
        }
    }
}
