using System.Collections.Immutable;
using EdgeVpn.Ipsec.Ike;
using EdgeVpn.Ipsec.Wire.Payloads;
using Xunit;

namespace EdgeVpn.Ipsec.Tests.Ike;

/// <summary>RFC 7296 §2.9. A selector is written as addresses, then optionally protocol and ports.</summary>
public sealed class TrafficSelectorNarrowingTests
{
    [Theory]
    [InlineData("0.0.0.0-255.255.255.255", "10.1.0.0-10.1.0.255", "10.1.0.0-10.1.0.255")] // any to a subnet
    [InlineData("10.1.0.0-10.1.0.255", "0.0.0.0-255.255.255.255", "10.1.0.0-10.1.0.255")]
    [InlineData("10.1.0.0-10.1.0.255", "10.2.0.0-10.2.0.255", "")] // nothing common
    [InlineData("10.1.0.0-10.1.0.200", "10.1.0.100-10.1.0.255", "10.1.0.100-10.1.0.200")] // a part
    [InlineData("10.1.0.255-10.2.0.0", "10.1.0.0-10.1.0.255", "10.1.0.255-10.1.0.255")] // one address
    [InlineData("::-ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", "10.1.0.0-10.1.0.255", "")] // another family
    [InlineData("2001:db8::-2001:db8::ff 6 443-443", "2001:db8::-2001:db8::f", "2001:db8::-2001:db8::f 6 443-443")]
    [InlineData("10.1.0.0-10.1.0.255 6 0-65535", "10.1.0.0-10.1.0.255 17 0-65535", "")] // another protocol
    [InlineData("10.1.0.0-10.1.0.255 6 80-90", "10.1.0.0-10.1.0.255 6 85-95", "10.1.0.0-10.1.0.255 6 85-90")]
    [InlineData("10.1.0.0-10.1.0.255 6 80-80", "10.1.0.0-10.1.0.255 6 81-81", "")]
    [InlineData("10.1.0.0-10.1.0.255 6 65535-0", "10.1.0.0-10.1.0.255", "")] // OPAQUE is no port
    [InlineData("10.2.0.0-10.2.0.255, 10.1.0.0-10.1.0.255", "10.0.0.0-10.255.255.255", "10.2.0.0-10.2.0.255, 10.1.0.0-10.1.0.255")]
    [InlineData("10.0.0.0-10.255.255.255", "10.2.0.0-10.2.0.255, 10.1.0.0-10.1.0.255", "10.2.0.0-10.2.0.255, 10.1.0.0-10.1.0.255")] // our order
    [InlineData("10.1.0.5-10.1.0.5, 10.1.0.0-10.1.0.255, 10.1.0.5-10.1.0.5", "10.1.0.5-10.1.0.5", "10.1.0.5-10.1.0.5")] // no duplicates
    public void What_both_want_is_kept(string proposed, string configured, string common) =>
        Assert.Equal(List(common), TrafficSelectorNarrowing.Narrow(List(proposed), List(configured)));

    [Fact]
    public void No_peer_makes_more_selectors_than_a_payload_counts()
    {
        var proposed = Enumerable.Range(1, 255).Select(static p => TrafficSelector.AnyIPv4 with { IpProtocol = (byte)p }).ToImmutableArray();
        var common = TrafficSelectorNarrowing.Narrow(proposed, List("10.1.0.0-10.1.0.255, 10.2.0.0-10.2.0.255"));
        Assert.Equal(TsPayload.MaxSelectors, common.Length);
        Assert.True(TrafficSelectorNarrowing.IsWithin(common, proposed));
    }

    [Theory]
    [InlineData("10.1.0.0-10.1.0.255", "10.1.0.0-10.1.0.255", true)]
    [InlineData("10.1.0.7-10.1.0.9 17 53-53", "10.1.0.0-10.1.0.255", true)]
    [InlineData("10.1.0.0-10.1.1.0", "10.1.0.0-10.1.0.255", false)]
    [InlineData("10.0.255.255-10.1.0.255", "10.1.0.0-10.1.0.255", false)]
    [InlineData("10.1.0.0-10.1.0.255", "10.1.0.0-10.1.0.255 6 0-65535", false)] // wider in protocol
    [InlineData("10.1.0.0-10.1.0.255 6 0-65535", "10.1.0.0-10.1.0.255 6 0-100", false)]
    [InlineData("10.1.0.0-10.1.0.255, 10.9.0.0-10.9.0.255", "10.1.0.0-10.1.0.255", false)] // one of two
    [InlineData("", "10.1.0.0-10.1.0.255", false)] // nothing is no answer
    [InlineData("::a01:0-::a01:ff", "10.1.0.0-10.1.0.255", false)]
    public void An_answer_stays_within_what_was_proposed(string answer, string proposed, bool isWithin) =>
        Assert.Equal(isWithin, TrafficSelectorNarrowing.IsWithin(List(answer), List(proposed)));

    private static ImmutableArray<TrafficSelector> List(string text) =>
        [.. text.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries).Select(Read)];

    private static TrafficSelector Read(string text)
    {
        var words = text.Split(' ');
        var addresses = words[0].Split('-');
        var ports = words.Length > 2 ? words[2].Split('-') : ["0", "65535"];
        return new TrafficSelector(
            words.Length > 1 ? byte.Parse(words[1]) : (byte)0,
            ushort.Parse(ports[0]),
            ushort.Parse(ports[1]),
            IpAddress.Parse(addresses[0]),
            IpAddress.Parse(addresses[1]));
    }
}
