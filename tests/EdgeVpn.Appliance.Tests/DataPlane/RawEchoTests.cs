using System.Net;
using EdgeVpn.Appliance.Control;
using EdgeVpn.Ipsec;
using Xunit;

namespace EdgeVpn.Appliance.Tests.DataPlane;

/// <summary>What asks for a path's MTU, through a real tunnel.</summary>
public class RawEchoTests
{
    private const int FitsIn1400 = 1338; // 1400 − 20 IP − 8 UDP − 16 header and IV − 16 ICV = 1340, a multiple of 4; less 2 of trailer

    [Theory, InlineData(false), InlineData(true)]
    public async Task A_question_of_a_size_goes_whole_whatever_the_machine_believes_of_the_way(bool ipv6)
    {
        using var lab = new TunnelLab();
        lab.Connect(TunnelLab.Gcm);
        Assert.True(await AskAsync(TunnelLab.Mtu));

        // Narrower than the tunnel: whoever sends is told inside, and this machine's own stack would cut the next one (IPv6), or refuse it (IPv4).
        lab.Narrow(1400);
        Poll(minutes: 1);
        for (var time = 0; time < 3; time++) Assert.False(await AskAsync(TunnelLab.Mtu));
        Assert.True(await AskAsync(FitsIn1400));
        Assert.False(await AskAsync(FitsIn1400 + 1));

        // Wide again: what was believed of it is no older than ten minutes, and must not speak for the path.
        lab.Narrow(1500);
        Poll(minutes: 2);
        Assert.True(await AskAsync(TunnelLab.Mtu));

        Task<bool> AskAsync(int octets) => lab.Near.Space.Run(async () =>
        {
            using var enough = new CancellationTokenSource(TimeSpan.FromSeconds(5));
            return await RawEcho.AskWholeAsync(IPAddress.Parse(ipv6 ? "fd02::1" : "10.2.0.1"), octets, enough.Token);
        });

        void Poll(int minutes)
        {
            lab.Near.Poll(Instant.Zero + TimeSpan.FromMinutes(minutes));
            lab.Far.Poll(Instant.Zero + TimeSpan.FromMinutes(minutes));
        }
    }

    [Fact]
    public async Task Longer_answers_to_others_are_neither_an_answer_nor_an_error()
    {
        using var lab = new TunnelLab(tunMtu: 4_000);
        lab.Narrow(5_000);
        lab.Connect(TunnelLab.Gcm);
        using var enough = new CancellationTokenSource();
        var asked = lab.Near.Space.Run(() => RawEcho.AskWholeAsync(IPAddress.Parse("10.2.0.99"), 100, enough.Token));
        Assert.Equal(3, lab.Near.Ping(count: 3, octets: 3_500));
        Assert.False(asked.IsCompleted);
        await enough.CancelAsync();
        Assert.False(await asked);
    }

    [Fact]
    public async Task Nobody_answers_until_it_is_enough()
    {
        using var lab = new TunnelLab();
        lab.Connect(TunnelLab.Gcm);
        using var enough = new CancellationTokenSource(TimeSpan.FromMilliseconds(50));
        Assert.False(await lab.Near.Space.Run(() => RawEcho.AskWholeAsync(IPAddress.Parse("10.2.0.99"), 100, enough.Token)));
    }
}
