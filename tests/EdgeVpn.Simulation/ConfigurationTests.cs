using System.Collections.Immutable;
using EdgeVpn.Ipsec;
using EdgeVpn.Ipsec.Ike;
using EdgeVpn.Ipsec.Ike.Configuration;
using EdgeVpn.Ipsec.Wire.Payloads;
using EdgeVpn.Ipsec.Wire.Registry;
using Xunit;

namespace EdgeVpn.Simulation;

/// <summary>Addresses inside the tunnel, asked for and given in IKE_AUTH (RFC 7296 §2.19, RFC 8598).</summary>
public sealed class ConfigurationTests
{
    private static readonly AddressPool s_pool = new()
    {
        Prefixes = [(IpAddress.Parse("10.99.0.0"), 24), (IpAddress.Parse("2001:db8:99::"), 112)],
        DnsServers = [IpAddress.Parse("10.20.0.53")],
        Domains = ["corp.example"],
    };

    [Fact]
    public void The_client_gets_an_address_of_each_family_and_protects_nothing_else()
    {
        using var pair = Pool(1);
        pair.Initiator.Initiate(pair.Now);
        pair.Drive();
        pair.AssertAgreement();
        var assigned = pair.Initiator.Log.OfType<IkeOutput.ConfigurationAssigned>().Single().Assigned;
        Assert.Equal([IpAddress.Parse("10.99.0.1"), IpAddress.Parse("2001:db8:99::1")], assigned.Addresses);
        Assert.Equal([IpAddress.Parse("10.20.0.53")], assigned.DnsServers);
        Assert.Equal(["corp.example"], assigned.Domains);
        ImmutableArray<TrafficSelector> hosts = [TrafficSelector.Prefix(assigned.Addresses[0], 32), TrafficSelector.Prefix(assigned.Addresses[1], 128)];
        Assert.Equal(hosts, pair.Initiator.ChildSas.Single().LocalSelectors);
        Assert.Equal(hosts, pair.Responder.ChildSas.Single().RemoteSelectors);
    }

    [Fact]
    public void It_stays_through_rekeys_of_both_SAs_by_either_end()
    {
        using var pair = Pool(2);
        pair.Initiator.Initiate(pair.Now);
        pair.Drive();
        foreach (var side in pair.Sides)
        {
            side.RekeyIke(pair.Now);
            pair.Drive();
            side.RekeyChildren(pair.Now);
            pair.Drive();
        }

        pair.AssertAgreement();
        Assert.Equal([TrafficSelector.Prefix(IpAddress.Parse("10.99.0.1"), 32), TrafficSelector.Prefix(IpAddress.Parse("2001:db8:99::1"), 128)], pair.Responder.ChildSas.Single().RemoteSelectors);
        Assert.Equal(2, pair.Responder.IkeSas.Single().Leased.Length);
        Assert.NotNull(pair.Initiator.IkeSas.Single().Assigned);
    }

    [Fact]
    public void Who_comes_back_has_what_it_had_and_no_address_is_lost_on_the_way()
    {
        using var pair = Pool(3, s_pool with { Prefixes = [(IpAddress.Parse("10.99.0.0"), 30)] }); // two addresses
        for (var round = 0; round < 20; round++)
        {
            pair.Initiator.Initiate(pair.Now);
            pair.Drive();
            if (round % 3 == 0) pair.Responder.RekeyIke(pair.Now);
            pair.Drive();
            if (round % 2 == 0) pair.Initiator.Close(pair.Now);
            else pair.Initiator.Restart(); // a power cut: INITIAL_CONTACT frees what the old SA held
            pair.Drive();
        }

        Assert.Equal(
            Enumerable.Repeat(IpAddress.Parse("10.99.0.1"), 20), pair.Initiator.Log.OfType<IkeOutput.ConfigurationAssigned>().Select(static o => o.Assigned.Addresses.Single()));
    }

    [Fact]
    public void A_childless_IKE_SA_gives_the_address_before_the_first_child()
    {
        using var pair = new Pair(4, c => Asking(c) with { Childless = true }, c => Giving(c, s_pool));
        pair.Initiator.Initiate(pair.Now);
        pair.Drive();
        pair.AssertAgreement();
        Assert.Equal(TrafficSelector.Prefix(IpAddress.Parse("10.99.0.1"), 32), pair.Responder.ChildSas.Single().RemoteSelectors[0]);
    }

    [Theory]
    [InlineData("none-asked", "FailedCpRequired")]
    [InlineData("none-left", "InternalAddressFailure")]
    [InlineData("none-given", "gave none")]
    public void Without_an_address_there_is_no_tunnel_and_both_ends_say_why(string trouble, string evidence)
    {
        using var pair = trouble switch
        {
            "none-asked" => new Pair(5, null, c => Giving(c, s_pool)),
            "none-left" => new Pair(6, c => Asking(c) with { ConfigurationRequest = new ConfigurationRequest(true, false) }, c => Giving(c, s_pool with { Prefixes = [(IpAddress.Parse("2001:db8:99::"), 112)] })),
            _ => new Pair(7, Asking, static c => c with { RemoteSelectors = [TrafficSelector.AnyIPv4] }),
        };
        pair.Initiator.Initiate(pair.Now);
        pair.Drive(20);
        Assert.All(pair.Sides, static side => Assert.Empty(side.IkeSas));
        var failed = pair.Initiator.Log.OfType<IkeOutput.ChildSaFailed>().Single().Reason;
        Assert.Equal(CloseCause.ChildRefused, failed.Cause);
        Assert.Contains(evidence, failed.ToString(), StringComparison.Ordinal);
        Assert.Equal(0, pair.Initiator.Endpoint.EspSpisInUse + pair.Responder.Endpoint.EspSpisInUse);
    }

    [Fact]
    public void It_comes_through_loss_and_repetition()
    {
        for (ulong seed = 100; seed < 400; seed++)
        {
            using var pair = Pool(seed);
            pair.Both(new LinkConditions(Loss: 0.2, Duplication: 0.1));
            pair.Initiator.KeepsUp = true;
            pair.Initiator.Initiate(pair.Now);
            pair.Run(TimeSpan.FromSeconds(90));
            pair.Both(LinkConditions.Perfect);
            pair.Run(TimeSpan.FromSeconds(120));
            pair.AssertSameSas();
            Assert.Equal(pair.Initiator.IkeSas.Single().Assigned!.Addresses.AsEnumerable(), pair.Responder.IkeSas.Single().Leased);
        }
    }

    private static Pair Pool(ulong seed, AddressPool? pool = null) => new(seed, Asking, c => Giving(c, pool ?? s_pool));

    private static IkeConnection Asking(IkeConnection connection) => connection with
    {
        ConfigurationRequest = new ConfigurationRequest(true, true),
        LocalSelectors = [TrafficSelector.AnyIPv4, TrafficSelector.AnyIPv6],
    };

    private static IkeConnection Giving(IkeConnection connection, AddressPool pool) => connection with { AddressPool = pool };
}
