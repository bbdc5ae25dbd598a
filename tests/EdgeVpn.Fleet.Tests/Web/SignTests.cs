using System.Net;
using EdgeVpn.Fleet.Web.Sign;
using Xunit;

namespace EdgeVpn.Fleet.Tests.Web;

public sealed class SignTests
{
    private static readonly IPAddress s_here = IPAddress.Parse("192.0.2.1");

    /// <summary>The reference implementation's own test of version 0x13: t=2, m=2^16, p=1.</summary>
    [Fact]
    public void Argon2id_of_the_reference_implementation() => Assert.Equal(
        "09316115d5cf24ed5a15a31a3ba326e5cf32edc24702987c02b6566f61913cf7",
        Convert.ToHexStringLower(PasswordHash.Derive("password"u8.ToArray(), "somesalt"u8.ToArray(), 65_536, 2, 1)));

    [Fact]
    public async Task A_password_is_kept_as_a_costly_hash_with_a_salt_of_its_own()
    {
        var (one, two) = (await PasswordHash.OfAsync(ConsoleLab.Password, CancellationToken.None), await PasswordHash.OfAsync(ConsoleLab.Password, CancellationToken.None));
        Assert.StartsWith("$argon2id$v=19$m=65536,t=3,p=1$", one, StringComparison.Ordinal);
        Assert.NotEqual(one, two);
        Assert.True(await PasswordHash.MatchesAsync(one, ConsoleLab.Password, CancellationToken.None));
        Assert.False(await PasswordHash.MatchesAsync(one, ConsoleLab.Password + " ", CancellationToken.None));
        Assert.False(await PasswordHash.MatchesAsync(null, ConsoleLab.Password, CancellationToken.None));
        Assert.False(await PasswordHash.MatchesAsync("$argon2id$v=19$m=99999999,t=3,p=1$AAAA$AAAA", ConsoleLab.Password, CancellationToken.None));
    }

    [Theory]
    [InlineData("elevenchars")]
    [InlineData("aaaaaaaaaaaaaaaaaaaa")]
    [InlineData("hello-jo-this-is-it")]
    public void Weak_passwords_are_refused(string password) => Assert.NotNull(PasswordHash.Problem(password, "jo"));

    [Fact]
    public void Pauses_double_up_to_a_quarter_of_an_hour()
    {
        var time = new ManualTime();
        var guard = new SignInGuard(time);
        for (var i = 0; i < SignInGuard.FreeGuesses; i++) Assert.Null(guard.Try("jo", s_here, null));
        List<double> pauses = [];
        for (var i = 0; i < 6; i++)
        {
            var pause = guard.Try("jo", s_here, null)!.Value;
            pauses.Add(pause.TotalMinutes);
            time.Now += pause;
            Assert.Null(guard.Try("jo", s_here, null));
        }

        Assert.Equal([1, 2, 4, 8, 15, 15], pauses);
    }

    [Fact]
    public void Elsewhere_and_under_another_name_one_may_still_try()
    {
        var guard = new SignInGuard(new ManualTime());
        for (var i = 0; i <= SignInGuard.FreeGuesses; i++) guard.Try("jo", s_here, null);
        Assert.NotNull(guard.Try("jo", s_here, null));
        Assert.Null(guard.Try("jo", IPAddress.Parse("198.51.100.7"), null));
        Assert.Null(guard.Try("sam", s_here, null));
        Assert.Null(guard.Try("jo", s_here, "known"));
    }

    [Fact]
    public void One_address_tries_twenty_names_a_minute_and_an_IPv6_network_is_one_address()
    {
        var time = new ManualTime();
        var guard = new SignInGuard(time);
        for (var i = 0; i < SignInGuard.TriesPerMinute; i++) Assert.Null(guard.Try($"name{i}", IPAddress.Parse($"2001:db8::{i + 1:x}"), null));
        Assert.NotNull(guard.Try("another", IPAddress.Parse("2001:db8::ffff"), null));
        Assert.Null(guard.Try("another", IPAddress.Parse("2001:db8:0:1::1"), null));
        time.Now += TimeSpan.FromMinutes(1);
        Assert.Null(guard.Try("another", IPAddress.Parse("2001:db8::ffff"), null));
    }

    [Fact]
    public void A_flood_of_addresses_is_forgotten_and_does_not_grow_without_end()
    {
        var guard = new SignInGuard(new ManualTime());
        for (var i = 0; i < 3 * SignInGuard.MaxRemembered; i++) guard.Try("jo", new IPAddress(i + 16_777_216L), null);
        Assert.Null(guard.Try("jo", IPAddress.Parse("198.51.100.7"), null));
    }

    [Fact]
    public void A_known_browser_is_known_for_its_own_account_only()
    {
        var browsers = new KnownBrowsers();
        var token = browsers.Make("jo");
        Assert.NotNull(browsers.NameOf(token, "jo"));
        Assert.Null(browsers.NameOf(token, "sam"));
        Assert.Null(browsers.NameOf(token[..^1] + "x", "jo"));
        Assert.Null(new KnownBrowsers().NameOf(token, "jo"));
    }
}
