using System.Collections.Immutable;
using EdgeVpn.Appliance.Local;
using EdgeVpn.Model.Reasons;

namespace EdgeVpn.Appliance.Tests.Local;

/// <summary>A box with one tunnel up and one refused.</summary>
internal static class Samples
{
    public static readonly DateTimeOffset Now = new(2026, 3, 2, 12, 1, 7, TimeSpan.Zero);

    public static BoxStatus Status { get; } = new()
    {
        Version = "0.1.0",
        Device = "branch-042",
        Site = "Lyon",
        UptimeSeconds = 183_840,
        Configuration = new() { Source = ConfigurationSource.Cloud, Epoch = 3, Revision = 17, Hash = "5f1c9a02d4e6b7c8" },
        Interfaces =
        [
            new() { Name = "wan0", Role = "wan", State = "up", Addresses = ["198.51.100.2/24", "2001:db8::2/64"], Carrier = true, Mtu = 1500,
                Driver = "r8169", SpeedMegabits = 100, FullDuplex = false, Offloads = ["rx", "tx", "gro"], Counters = new(90_000, 1_204, 120_000_000, 98_000, 3, 0, 0, 0) },
            new() { Name = "lan0", Role = "lan", State = "down", Carrier = false, Mtu = 1500 },
        ],
        Connections = [Up, Refused],
        Cloud = new() { State = "connected", Broker = "mqtts://broker.example:8883" },
        Lights = new() { Power = "steady", Wan = "steady", Vpn = "fast blink", Cloud = "steady", Code = 33 },
        Flash = new(16_777_216, 16_500_000, 1_228_800, 0),
        Offloads = ["tun: tso4 tso6", "udp: gso gro"],
        Counters = ImmutableSortedDictionary<string, long>.Empty.Add("udp.unknown-spi", 2).Add("ike.cookies", 0),
    };

    private static ConnectionStatus Up => new()
    {
        Name = "hub",
        State = ConnectionState.Up,
        Since = Now.AddMinutes(-4),
        Tunnel = new("evpn-hub", 1400, 1500),
        IkeSas =
        [
            new()
            {
                Id = 1, State = "established", Role = "initiator", Local = "198.51.100.2:4500", Remote = "203.0.113.2:4500", PeerIdentity = "cloud.lab",
                Nat = "local", Suite = "aes256-sha256-modp1024", InitiatorSpi = 0xfedc_ba98_7654_3210, ResponderSpi = 0x77, EstablishedSeconds = 240,
            },
        ],
        ChildSas =
        [
            new()
            {
                Id = 2, State = "installed", Used = true, InboundSpi = 0xc1d2_e3f4, OutboundSpi = 0x0a0b_0c0d, Suite = "aes256gcm16",
                LocalSelectors = ["10.10.0.0/24"], RemoteSelectors = ["10.20.0.0/24"],
                PacketsIn = 1204, OctetsIn = 1_234_567, PacketsOut = 9, OctetsOut = 980, Provider = "intrinsics", Encapsulation = "udp",
                Refused = ImmutableSortedDictionary<string, long>.Empty.Add("replay", 2).Add("icv", 0),
            },
        ],
    };

    private static ConnectionStatus Refused => new()
    {
        Name = "spoke",
        State = ConnectionState.Refused,
        Since = Now.AddSeconds(-90),
        Reason = ReasonStatus.Of(ReasonCode.WrongSecret, "AUTHENTICATION_FAILED came from 203.0.113.9"),
        Attempts = 4,
        NextAttemptSeconds = 30,
    };

    public static WhyReport WrongSecret { get; } = WhyReport.Of(
        "spoke",
        healthy: false,
        [
            new(WhyStepName.Cable, WhyResult.Ok, "wan0"),
            new(WhyStepName.Internet, WhyResult.Unknown),
            new(WhyStepName.Authentication, WhyResult.Failed, "AUTHENTICATION_FAILED"),
            new(WhyStepName.Selectors, WhyResult.Skipped),
        ],
        ReasonCode.WrongSecret,
        "AUTHENTICATION_FAILED came from 203.0.113.9");

    public static BoxEvent Event(long sequence = 1, string? connection = "hub", string text = "--> IKE_AUTH 1 {IDi, AUTH, SA, TSi, TSr}") =>
        new(Now, sequence, BoxEventKind.IkeMessage, connection, text, ImmutableSortedDictionary<string, string>.Empty.Add("exchange", "IKE_AUTH"));
}
