using EdgeVpn.Ipsec.Ike;
using EdgeVpn.Ipsec.Tests.Crypto;
using Xunit;

namespace EdgeVpn.Ipsec.Tests.Ike;

public sealed class CookieJarTests
{
    private const ulong Spi = 0x1122334455667788;
    private static readonly byte[] Nonce = [.. Enumerable.Range(0, 32).Select(static i => (byte)i)];
    private static readonly IpEndpoint Source = IpEndpoint.Parse("192.0.2.2:500");
    private static readonly Instant Start = new(TimeSpan.TicksPerDay);

    [Theory]
    [InlineData(0, true)]
    [InlineData(59, true)] // the same secret
    [InlineData(61, true)] // the secret before
    [InlineData(119, true)]
    [InlineData(121, false)] // two secrets ago
    [InlineData(100_000, false)]
    public void A_cookie_is_good_for_one_to_two_minutes(double seconds, bool isGood)
    {
        using var jar = new CookieJar(new SeededEntropy(1));
        var cookie = Make(jar);
        Assert.Equal(isGood, jar.Verify(cookie, Nonce, Spi, Source, Start + TimeSpan.FromSeconds(seconds)));
    }

    [Fact]
    public void A_cookie_of_a_jar_that_nobody_used_since_is_too_old()
    {
        using var jar = new CookieJar(new SeededEntropy(1));
        var cookie = Make(jar);
        var muchLater = Start + TimeSpan.FromHours(5);
        Make(jar, muchLater);
        Assert.False(jar.Verify(cookie, Nonce, Spi, Source, muchLater));
    }

    [Fact]
    public void A_cookie_is_for_one_address_port_nonce_and_SPI()
    {
        using var jar = new CookieJar(new SeededEntropy(1));
        var cookie = Make(jar);
        Assert.False(jar.Verify(cookie, Nonce, Spi, IpEndpoint.Parse("192.0.2.3:500"), Start));
        Assert.False(jar.Verify(cookie, Nonce, Spi, IpEndpoint.Parse("192.0.2.2:501"), Start));
        Assert.False(jar.Verify(cookie, [.. Nonce[..31], 99], Spi, Source, Start));
        Assert.False(jar.Verify(cookie, Nonce, Spi ^ 1, Source, Start));
        Assert.False(jar.Verify(cookie.AsSpan()[..^1], Nonce, Spi, Source, Start));
        Assert.False(jar.Verify([], Nonce, Spi, Source, Start));
        for (var bit = 0; bit < cookie.Length * 8; bit++)
        {
            var flipped = (byte[])cookie.Clone();
            flipped[bit / 8] ^= (byte)(1 << (bit % 8));
            Assert.False(jar.Verify(flipped, Nonce, Spi, Source, Start));
        }
    }

    [Fact]
    public void The_end_of_a_nonce_does_not_pass_for_the_beginning_of_an_address()
    {
        using var jar = new CookieJar(new SeededEntropy(1));
        var victim = IpAddress.Parse("2001:db8:1:2:3:4:c000:202");
        var octets = new byte[16];
        victim.Write(octets);
        var cookie = new byte[CookieJar.CookieOctets];
        jar.Make([.. Nonce[..16], .. octets[..12]], Spi, new IpEndpoint(IpAddress.FromOctets(octets.AsSpan(12)), 500), Start, cookie);
        Assert.False(jar.Verify(cookie, Nonce.AsSpan(0, 16), Spi, new IpEndpoint(victim, 500), Start));
    }

    [Fact]
    public void Making_and_checking_a_cookie_allocates_nothing()
    {
        using var jar = new CookieJar(new SeededEntropy(1));
        var cookie = Make(jar);
        Assert.True(jar.Verify(cookie, Nonce, Spi, Source, Start));
        var before = GC.GetAllocatedBytesForCurrentThread();
        for (var i = 0; i < 1000; i++)
        {
            jar.Make(Nonce, Spi, Source, Start, cookie);
            jar.Verify(cookie, Nonce, Spi, Source, Start);
        }

        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);
    }

    private static byte[] Make(CookieJar jar, Instant? at = null)
    {
        var cookie = new byte[CookieJar.CookieOctets];
        jar.Make(Nonce, Spi, Source, at ?? Start, cookie);
        return cookie;
    }
}
