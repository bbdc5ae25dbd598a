using System.Text;
using EdgeVpn.Ipsec.Ike.Configuration;
using EdgeVpn.Ipsec.Wire.Payloads;
using EdgeVpn.Ipsec.Wire.Registry;
using Xunit;
using static EdgeVpn.Ipsec.Wire.Registry.ConfigurationAttributeType;

namespace EdgeVpn.Ipsec.Tests.Ike;

/// <summary>What a gateway gives is believed in part (RFC 7296 §3.15, RFC 8598 §3), and a pool gives nothing twice.</summary>
public sealed class ConfigurationTests
{
    private static readonly Identification s_a = Identification.Fqdn("a.lab");
    private static readonly Identification s_b = Identification.Fqdn("b.lab");

    [Fact]
    public void RFC_7296_3_15_1_a_reply_is_read()
    {
        var read = Read(
            new(InternalIp4Address, [10, 1, 0, 7]), new(InternalIp6Address, [.. new byte[] { 0x20, 1, 0xd, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 5 }, 64]),
            new(InternalIp4Dns, [10, 1, 0, 1]), new(InternalIp4Subnet, [10, 0, 0, 0, 255, 255, 0, 0]), new(InternalDnsDomain, Encoding.ASCII.GetBytes("Corp.Example.")))!;
        Assert.Equal(["10.1.0.7", "2001:db8::5"], read.Addresses.Select(static a => a.ToString()));
        Assert.Equal("10.1.0.1", read.DnsServers.Single().ToString());
        Assert.Equal((IpAddress.Parse("10.0.0.0"), 16), read.Subnets.Single());
        Assert.Equal("corp.example", read.Domains.Single());
    }

    [Theory]
    [InlineData("00000000")]
    [InlineData("7f000001")]
    [InlineData("a9fe0001")]
    [InlineData("e0000001")]
    [InlineData("ffffffff")]
    [InlineData("0a0001")]
    [InlineData("0a00000100")]
    [InlineData("")]
    public void What_no_host_can_have_is_no_address(string hex) => Assert.Null(Read(new ConfigurationAttribute(InternalIp4Address, Convert.FromHexString(hex))));

    [Theory]
    [InlineData("")]
    [InlineData(".")]
    [InlineData("a..b")]
    [InlineData("-a.example")]
    [InlineData("a.example\nserver=/#/6.6.6.6")]
    [InlineData("a/b")]
    [InlineData("a b")]
    [InlineData("exämple")]
    public void A_domain_that_a_resolver_could_misread_is_left_out(string domain) =>
        Assert.Empty(Read(new(InternalIp4Address, [10, 1, 0, 7]), new(InternalDnsDomain, Encoding.Latin1.GetBytes(domain)))!.Domains);

    [Fact]
    public void A_flood_of_attributes_is_bounded_and_the_first_address_counts()
    {
        var attributes = Enumerable.Range(1, 200).SelectMany(static i => new ConfigurationAttribute[]
        {
            new(InternalIp4Address, [10, 1, 0, (byte)i]), new(InternalIp4Dns, [10, 2, 0, (byte)i]), new(InternalDnsDomain, Encoding.ASCII.GetBytes($"d{i}.example")),
            new(InternalIp4Subnet, [10, (byte)i, 0, 0, 255, 255, 0, 0]),
        });
        var read = Read([.. attributes])!;
        Assert.Equal("10.1.0.1", read.Addresses.Single().ToString());
        Assert.Equal((8, 64, 64), (read.DnsServers.Length, read.Domains.Length, read.Subnets.Length));
    }

    [Fact]
    public void A_request_is_no_reply_and_what_was_not_asked_for_is_not_taken()
    {
        ConfigurationAttribute address = new(InternalIp4Address, [10, 1, 0, 7]);
        Assert.Null(AssignedConfiguration.Read(new CpPayload(ConfigurationType.Set, [address]), new ConfigurationRequest(true, true)));
        Assert.Null(AssignedConfiguration.Read(new CpPayload(ConfigurationType.Reply, [address]), new ConfigurationRequest(false, true)));
    }

    [Theory]
    [InlineData("10.0.0.0", 24, "10.0.0.1", 254)]
    [InlineData("10.0.0.0", 30, "10.0.0.1", 2)]
    [InlineData("10.0.0.0", 31, "10.0.0.0", 2)]
    [InlineData("10.0.0.9", 32, "10.0.0.9", 1)]
    [InlineData("10.0.0.0", 8, "10.0.0.1", 65_536)]
    [InlineData("2001:db8::", 64, "2001:db8::1", 65_536)]
    [InlineData("2001:db8::", 126, "2001:db8::1", 3)]
    public void A_prefix_has_so_many_hosts(string network, int length, string first, int count) =>
        Assert.Equal((IpAddress.Parse(first), count), AddressPool.HostsOf(IpAddress.Parse(network), length));

    [Fact]
    public void An_address_is_given_once_until_it_is_returned_and_then_to_who_had_it()
    {
        var leases = new AddressLeases(new AddressPool { Prefixes = [(IpAddress.Parse("10.0.0.0"), 30)] });
        var a = leases.Take(s_a, false, null)!.Value;
        var b = leases.Take(s_b, false, a)!.Value; // asks for what another has
        Assert.NotEqual(a, b);
        Assert.Null(leases.Take(Identification.Fqdn("c.lab"), false, null));
        leases.Return(a);
        leases.Return(b);
        Assert.Equal(b, leases.Take(s_b, false, null));
        Assert.Equal(a, leases.Take(s_a, false, null));
    }

    [Fact]
    public void Who_makes_before_it_breaks_keeps_its_address_until_both_are_gone()
    {
        var leases = new AddressLeases(new AddressPool { Prefixes = [(IpAddress.Parse("10.0.0.1"), 32)] });
        var old = leases.Take(s_a, false, null)!.Value;
        Assert.Equal(old, leases.Take(s_a, false, old));
        leases.Return(old);
        Assert.Null(leases.Take(s_b, false, null));
        leases.Return(old);
        Assert.Equal(old, leases.Take(s_b, false, null)); // from one who is away
    }

    [Fact]
    public void Nobody_is_given_what_lies_outside_the_pool()
    {
        var leases = new AddressLeases(new AddressPool { Prefixes = [(IpAddress.Parse("10.0.0.0"), 29)] });
        Assert.Equal("10.0.0.1", leases.Take(s_a, false, IpAddress.Parse("10.0.0.7"))!.Value.ToString()); // the broadcast address
        Assert.Equal("10.0.0.2", leases.Take(s_b, false, IpAddress.Parse("192.0.2.1"))!.Value.ToString());
        Assert.Null(leases.Take(s_b, true, null));
    }

    private static AssignedConfiguration? Read(params ConfigurationAttribute[] attributes) =>
        AssignedConfiguration.Read(new CpPayload(ConfigurationType.Reply, [.. attributes]), new ConfigurationRequest(true, true));
}
