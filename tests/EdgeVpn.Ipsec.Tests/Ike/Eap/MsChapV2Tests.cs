using System.Text;
using EdgeVpn.Ipsec.Crypto;
using EdgeVpn.Ipsec.Ike.Eap;
using Xunit;

namespace EdgeVpn.Ipsec.Tests.Ike.Eap;

public sealed class MsChapV2Tests
{
    // RFC 2759 §9.2
    private const string User = "User";
    private static readonly byte[] AuthenticatorChallenge = Convert.FromHexString("5B5D7C7D7B3F2F3E3C2C602132262628");
    private static readonly byte[] PeerChallenge = Convert.FromHexString("21402324255E262A28295F2B3A337C7E");
    private static readonly byte[] NtResponse = Convert.FromHexString("82309ECD8D708B5EA08FAA3981CD83544233114A3D85D6DF");

    [Fact]
    public void Password_hash_of_RFC_2759_9_2() =>
        Assert.Equal("44EBBA8D5312B8D611474411F56989AE", Convert.ToHexString(Hash("clientPass").Octets));

    [Fact]
    public void NT_response_of_RFC_2759_9_2() =>
        Assert.Equal(NtResponse, MsChapV2.NtResponse(AuthenticatorChallenge, PeerChallenge, User, Hash("clientPass")));

    [Fact]
    public void Authenticator_response_of_RFC_2759_9_2() => Assert.Equal(
        "S=407A5589115FD0D6209F510FE9C04566932CDA56",
        MsChapV2.AuthenticatorResponse(Hash("clientPass"), NtResponse, PeerChallenge, AuthenticatorChallenge, User));

    [Fact]
    public void Session_key_of_RFC_3079_3_5_3_is_the_second_half_of_the_key()
    {
        using var msk = MsChapV2.Msk(Hash("clientPass"), NtResponse);
        Assert.Equal(64, msk.Length);
        // SendStartKey128 there is the server's: what the client receives by.
        Assert.Equal("8B7CDC149B993A1BA118CB153F56DCCB", Convert.ToHexString(msk.Octets.Slice(16, 16)));
        Assert.Equal(new byte[32], msk.Octets[32..].ToArray());
    }

    [Fact]
    public void A_domain_before_the_name_does_not_count() =>
        Assert.Equal(NtResponse, MsChapV2.NtResponse(AuthenticatorChallenge, PeerChallenge, "LAB\\" + User, Hash("clientPass")));

    private static Secret Hash(string password) => MsChapV2.PasswordHash(new Secret(Encoding.UTF8.GetBytes(password)));
}
