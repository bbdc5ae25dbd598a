using EdgeVpn.Appliance.Local;
using EdgeVpn.Appliance.Local.Rendering;
using EdgeVpn.Ipsec.Esp;
using EdgeVpn.Ipsec.Wire.Registry;
using Xunit;

namespace EdgeVpn.Appliance.Tests.Local;

public sealed class RenderingTests
{
    [Fact]
    public void A_status_reads_like_this()
    {
        var page = new Page();
        StatusPage.Write(page, Samples.Status, Samples.Now);

        Assert.Equal(
            """
            edgevpn        0.1.0, branch-042, Lyon, running for 2 d 03 h
            configuration  from the cloud, epoch 3, revision 17 (5f1c9a02d4e6)
            lights         power steady, wan steady, vpn fast blink, cloud steady
            fault code     33, see `edgevpn explain 33`
            cloud          connected, mqtts://broker.example:8883

            INTERFACE  ROLE  STATE             LINK           MTU   IN                  OUT      ADDRESSES
            wan0       wan   up                100 Mb/s half  1500  120.0 MB, 3 errors  98.0 kB  198.51.100.2/24 2001:db8::2/64
            lan0       lan   down, no carrier  -              1500  -                   -        -

            hub up for 4 min; evpn-hub, MTU 1400, path MTU 1500
              IKE 1  established for 4 min, initiator, 198.51.100.2:4500 to 203.0.113.2:4500 (cloud.lab)
                     aes256-sha256-modp1024, NAT: local  fedcba9876543210/0000000000000077
              ESP 2  installed, in use, aes256gcm16, over udp, by intrinsics  c1d2e3f4 in, 0a0b0c0d out
                     10.10.0.0/24 <-> 10.20.0.0/24
                     in 1204 packets, 1.2 MB; out 9 packets, 980 B
                     refused: replay 2

            spoke refused for 90 s, 4 attempts, next in 30 s
              33 wrong-secret: The pre-shared keys differ.
              AUTHENTICATION_FAILED came from 203.0.113.9
              edgevpn why spoke

            flash     1.2 MB written since the start; of 16.8 MB a day 16.5 MB are left
            offloads  tun: tso4 tso6; udp: gso gro
            counters  udp.unknown-spi 2

            """,
            page.ToString());
    }

    [Fact]
    public void A_board_with_one_light_says_what_that_shows_beside_what_four_would_and_a_flash_that_is_spared_is_said()
    {
        var page = new Page();
        StatusPage.Write(page, Samples.Status with { Lights = Samples.Status.Lights with { Only = "fast blink" }, Flash = new(16_777_216, 0, 16_777_216, 3) }, Samples.Now);
        Assert.Contains("lights         power steady, wan steady, vpn fast blink, cloud steady\nits one light  fast blink\nfault code     33", page.ToString(), StringComparison.Ordinal);
        Assert.Contains("0 B are left, 3 writes were put off", page.ToString(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(true, "inside 10.99.0.1, DNS 10.20.0.53 for corp.example, asked by the LAN's resolver")]
    [InlineData(false, "inside 10.99.0.1, DNS 10.20.0.53 for corp.example, not handed to a resolver")]
    public void Names_of_a_tunnel_that_nobody_asks_and_packets_that_anybody_reads_are_said(bool inUse, string names)
    {
        var up = Samples.Status.Connections[0];
        var sa = up.IkeSas[0] with { AssignedAddresses = ["10.99.0.1"], AssignedDns = ["10.20.0.53"], AssignedDomains = ["corp.example"], AssignedDnsInUse = inUse };
        var readable = up.ChildSas[0] with { Suite = new EspSuite(EncryptionAlgorithm.NullAuthAesGmac, 256, IntegrityAlgorithm.None).ToString() };
        var page = new Page();
        StatusPage.Write(page, Samples.Status with { Connections = [up with { IkeSas = [sa], ChildSas = [readable] }] }, Samples.Now);
        Assert.Contains(names, page.ToString(), StringComparison.Ordinal);
        Assert.Contains("not encrypted", page.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public void A_new_box_reads_like_this()
    {
        var page = new Page();
        StatusPage.Write(page, new BoxStatus { Version = "0.1.0" }, Samples.Now);

        Assert.Equal(
            """
            edgevpn        0.1.0, unnamed box, running for 0 s
            configuration  none yet
            lights         power off, wan off, vpn off, cloud off
            cloud          off

            no connection is configured

            """,
            page.ToString());
    }

    [Fact]
    public void A_cause_reads_like_this()
    {
        var page = new Page();
        WhyPage.Write(page, Samples.WrongSecret);

        Assert.Equal(
            """
            spoke does not work
              ok      cable              wan0
              ?       internet beyond
              FAILED  authentication     AUTHENTICATION_FAILED
              -       traffic selectors

            33 wrong-secret: The pre-shared keys differ.
            AUTHENTICATION_FAILED came from 203.0.113.9

            What to check:
              1.  Enter the same key at both ends; watch for a space or line break at its end.
              2.  Azure shows its key with `az network vpn-connection shared-key show`.
              3.  With several connections, make sure the peer picked the one meant: identities decide.

            Azure calls it 13801: authentication credentials are unacceptable

            """,
            page.ToString());
    }

    [Fact]
    public void A_terminal_gets_ticks_and_colours_in_the_same_columns()
    {
        var page = new Page(colour: true, symbols: true);
        WhyPage.Write(page, WhyReport.Of("hub", true, [new(WhyStepName.Cable, WhyResult.Ok), new(WhyStepName.Name, WhyResult.Failed, "x")]));

        Assert.Equal(
            "\e[1mhub\e[0m\e[32m works\e[0m\n  \e[32m✓\e[0m  cable\n  \e[1;31m✗\e[0m  peer's name resolves  \e[2mx\e[0m\n",
            page.ToString());
    }

    [Fact]
    public void What_a_peer_calls_itself_cannot_command_the_terminal()
    {
        var page = new Page(colour: true);
        WatchLine.Write(page, Samples.Event(text: "peer \e]0;owned\a\r\nis \u009b2J here"), TimeZoneInfo.Utc);

        Assert.EndsWith(" peer ?]0;owned???is ?2J here\n", page.ToString(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(double.NaN, "0 s")]
    [InlineData(-5, "0 s")]
    [InlineData(119, "119 s")]
    [InlineData(120, "2 min")]
    [InlineData(3599, "59 min")]
    [InlineData(3660, "1 h 01 min")]
    [InlineData(86_400, "1 d 00 h")]
    [InlineData(1e300, "37037 d 00 h")]
    public void Durations_are_told_in_two_figures(double seconds, string told) => Assert.Equal(told, Human.Duration(seconds));

    [Theory]
    [InlineData(999, "999 B")]
    [InlineData(1000, "1.0 kB")]
    [InlineData(ulong.MaxValue, "18.4 EB")]
    public void Octets_are_told_in_decimal_units(ulong octets, string told) => Assert.Equal(told, Human.Octets(octets));
}
