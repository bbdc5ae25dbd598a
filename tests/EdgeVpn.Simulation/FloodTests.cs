using EdgeVpn.Ipsec.Crypto;
using EdgeVpn.Ipsec.Ike;
using EdgeVpn.Ipsec.Wire.Registry;
using Xunit;

namespace EdgeVpn.Simulation;

/// <summary>What measures memory runs alone.</summary>
[CollectionDefinition(nameof(Alone), DisableParallelization = true)]
public sealed class Alone;

/// <summary>IKE_SA_INIT from addresses that were never ours to trust (RFC 7296 §2.6).</summary>
[Collection(nameof(Alone))]
public sealed class FloodTests
{
    private static readonly IpEndpoint Here = IpEndpoint.Parse("203.0.113.2:500");

    [Fact]
    public void A_flood_from_spoofed_addresses_takes_no_memory_and_the_tunnel_works_on()
    {
        using var pair = Pair.Connected(1);
        var request = Request(pair);
        var expensive = 0;
        Send(pair, request, 20_000, ref expensive); // fills the half-open table up to the threshold and warms up
        var sas = pair.Responder.Endpoint.Sas.Count;
        Assert.InRange(sas, 1, pair.Responder.Options.CookieThreshold + 1);

        var before = GC.GetTotalMemory(forceFullCollection: true);
        var allocated = GC.GetAllocatedBytesForCurrentThread();
        var more = 0;
        Send(pair, request, 100_000, ref more);
        var perRequest = (GC.GetAllocatedBytesForCurrentThread() - allocated) / 100_000;
        var grown = GC.GetTotalMemory(forceFullCollection: true) - before;

        Assert.Equal(0, more); // no public-key work for an address that returned no cookie
        Assert.True(perRequest < 600, $"{perRequest} octets per request");
        Assert.True(grown < 1_000_000, $"{grown} octets more are held");
        Assert.Equal(sas, pair.Responder.Endpoint.Sas.Count);

        pair.Initiator.RekeyIke(pair.Now);
        pair.Initiator.RekeyChildren(pair.Now);
        pair.Drive();
        pair.Run(TimeSpan.FromMinutes(2));
        pair.AssertAgreement();
        Assert.Single(pair.Responder.Endpoint.Status());
    }

    [Fact]
    public void An_initiator_with_a_cookie_gets_through_the_flood()
    {
        using var pair = new Pair(2);
        var expensive = 0;
        using var other = new Pair(3);
        Send(pair, Request(other), 1_000, ref expensive);
        pair.Initiator.Initiate(pair.Now);
        pair.Drive(10);
        pair.AssertPasses();
        Assert.Contains(pair.ToInitiator.Sent, static d => d[18] == (byte)ExchangeType.IkeSaInit && d[16] == (byte)PayloadType.Notify);
    }

    [Fact]
    public void One_address_holds_no_more_half_open_SAs_than_its_share()
    {
        using var pair = Pair.Connected(4);
        var request = Request(pair);
        for (ulong spi = 1; spi <= 100; spi++)
        {
            BitConverter.TryWriteBytes(request.AsSpan(0, 8), spi);
            pair.Responder.Endpoint.Receive(request, new Path(Here, IpEndpoint.Parse($"198.51.100.9:{1000 + spi}")), pair.Now);
        }

        var limit = pair.Responder.Options.MaxHalfOpenPerSource;
        Assert.Equal(limit + 1, pair.Responder.Endpoint.Sas.Count);
        Assert.Equal(100 - limit, pair.Responder.Endpoint.Counters.HalfOpenRefused);
        pair.Run(TimeSpan.FromSeconds(40));
        Assert.Single(pair.Responder.Endpoint.Sas);
    }

    [Fact]
    public void Attempts_that_fail_IKE_AUTH_keep_their_place_until_they_are_forgotten()
    {
        using var pair = new Pair(5, static c => c with { Credential = new Ipsec.Ike.Auth.AuthenticationCredential.PreSharedKey(new Secret("wrong"u8)) });
        for (var i = 0; i < 100; i++)
        {
            pair.Initiator.Initiate(pair.Now);
            pair.Run(TimeSpan.FromSeconds(0.2));
        }

        Assert.InRange(pair.Responder.Endpoint.Sas.Count, 1, pair.Responder.Options.MaxHalfOpenPerSource);
        Assert.True(pair.Responder.Endpoint.Counters.HalfOpenRefused > 0);
        pair.Run(TimeSpan.FromMinutes(2));
        Assert.Empty(pair.Responder.Endpoint.Sas);
        pair.Initiator.Initiate(pair.Now); // and then there is room again
        pair.Drive(5);
        Assert.Single(pair.Responder.Endpoint.Sas);
    }

    [Fact]
    public void Strangers_cannot_fill_the_log()
    {
        using var pair = new Pair(6, responder: static c => c with { RemoteAddresses = [IpAddress.Parse("198.51.100.9")] });
        pair.Initiator.Initiate(pair.Now);
        pair.Run(TimeSpan.FromSeconds(5));
        Assert.Empty(pair.ToInitiator.Sent);
        Assert.Empty(pair.Responder.Log);
        Assert.True(pair.Responder.Endpoint.Counters.UnknownSources > 0);
    }

    private static byte[] Request(Pair pair)
    {
        if (pair.ToResponder.Sent.Count == 0)
        {
            pair.Initiator.Initiate(pair.Now);
            pair.Drive(0.001);
        }

        return [.. pair.ToResponder.Sent[0]];
    }

    /// <summary>Each from another address under another SPI; what comes back is thrown away.</summary>
    private static void Send(Pair pair, byte[] request, int count, ref int establishedWork)
    {
        var endpoint = pair.Responder.Endpoint;
        var buffer = new byte[2000];
        var begun = endpoint.Sas.Count;
        for (var i = 0; i < count; i++)
        {
            BitConverter.TryWriteBytes(request.AsSpan(0, 8), pair.Chance.Next() | 1);
            var source = new IpEndpoint(new IpAddress((uint)pair.Chance.Next(), false), 500);
            endpoint.Receive(request, new Path(Here, source), pair.Now);
            while (endpoint.TryTransmit(buffer, out _))
            {
            }
        }

        establishedWork += endpoint.Sas.Count - begun;
        while (endpoint.TryTake(out _))
        {
        }
    }
}
