using System.Security.Cryptography;
using System.Text;
using EdgeVpn.Ipsec.Crypto;
using Org.BouncyCastle.Crypto.Digests;
using Org.BouncyCastle.Crypto.Engines;
using Org.BouncyCastle.Crypto.Parameters;

namespace EdgeVpn.Ipsec.Ike.Eap;

/// <summary>The functions of MS-CHAP-V2 (RFC 2759 §8) and the keys made from them (RFC 3079 §3).</summary>
/// <remarks>MD4, DES and SHA-1 are what this method is made of. It is used only inside an IKE SA whose gateway has proven itself by certificate.</remarks>
internal static class MsChapV2
{
    public const int ChallengeOctets = 16;
    public const int NtResponseOctets = 24;
    private const int HashOctets = 16;
    private const int KeyOctets = 16;

    /// <summary>Of an EAP method that makes keys: MSK has 64 octets (RFC 3748 §7.10).</summary>
    private const int MskOctets = 64;

    private static readonly byte[] ForAuthenticator1 = Encoding.ASCII.GetBytes("Magic server to client signing constant");
    private static readonly byte[] ForAuthenticator2 = Encoding.ASCII.GetBytes("Pad to make it do more than one iteration");
    private static readonly byte[] ForMasterKey = Encoding.ASCII.GetBytes("This is the MPPE Master Key");

    private static readonly byte[] ForClientSend =
        Encoding.ASCII.GetBytes("On the client side, this is the send key; on the server side, it is the receive key.");

    private static readonly byte[] ForServerSend =
        Encoding.ASCII.GetBytes("On the client side, this is the receive key; on the server side, it is the send key.");

    /// <summary>NtPasswordHash: MD4 over the password in UTF-16LE.</summary>
    /// <param name="password">UTF-8.</param>
    public static Secret PasswordHash(Secret password)
    {
        var characters = new char[Encoding.UTF8.GetMaxCharCount(password.Length)];
        var count = Encoding.UTF8.GetChars(password.Octets, characters);
        using var unicode = new Secret(count * sizeof(char));
        Encoding.Unicode.GetBytes(characters.AsSpan(0, count), unicode.Fill);
        Array.Clear(characters);
        return Md4(unicode.Octets);
    }

    /// <summary>GenerateNTResponse.</summary>
    public static byte[] NtResponse(ReadOnlySpan<byte> authenticatorChallenge, ReadOnlySpan<byte> peerChallenge, string user, Secret passwordHash)
    {
        var challenge = ChallengeHash(peerChallenge, authenticatorChallenge, user);
        using var padded = new Secret(21);
        padded.Fill.Clear();
        passwordHash.Octets.CopyTo(padded.Fill);
        var response = new byte[NtResponseOctets];
        for (var i = 0; i < 3; i++) Des(padded.Octets.Slice(7 * i, 7), challenge, response.AsSpan(8 * i, 8));
        return response;
    }

    /// <summary>GenerateAuthenticatorResponse: <c>S=</c> and forty hexadecimal digits, by which the gateway shows that it knows the password's hash too.</summary>
    public static string AuthenticatorResponse(
        Secret passwordHash, ReadOnlySpan<byte> ntResponse, ReadOnlySpan<byte> peerChallenge, ReadOnlySpan<byte> authenticatorChallenge, string user)
    {
        using var hashOfHash = Md4(passwordHash.Octets);
        var digest = Sha1(hashOfHash.Octets, ntResponse, ForAuthenticator1);
        return "S=" + Convert.ToHexString(Sha1(digest, ChallengeHash(peerChallenge, authenticatorChallenge, user), ForAuthenticator2));
    }

    /// <summary>MSK: the client's send key, its receive key (128 bits each, RFC 3079 §3.4), zeros.</summary>
    public static Secret Msk(Secret passwordHash, ReadOnlySpan<byte> ntResponse)
    {
        using var hashOfHash = Md4(passwordHash.Octets);
        using var master = new Secret(Sha1(hashOfHash.Octets, ntResponse, ForMasterKey).AsSpan(0, KeyOctets));
        var msk = new Secret(MskOctets);
        msk.Fill.Clear();
        StartKey(master, ForClientSend, msk.Fill[..KeyOctets]);
        StartKey(master, ForServerSend, msk.Fill.Slice(KeyOctets, KeyOctets));
        return msk;
    }

    private static void StartKey(Secret master, byte[] magic, Span<byte> key)
    {
        Span<byte> pads = stackalloc byte[80];
        pads[..40].Clear();
        pads[40..].Fill(0xF2);
        Sha1(master.Octets, pads[..40], magic, pads[40..]).AsSpan(0, KeyOctets).CopyTo(key);
    }

    /// <summary>The user's name counts without a domain before it (RFC 2759 §4).</summary>
    private static byte[] ChallengeHash(ReadOnlySpan<byte> peerChallenge, ReadOnlySpan<byte> authenticatorChallenge, string user) =>
        Sha1(peerChallenge, authenticatorChallenge, Encoding.UTF8.GetBytes(user[(user.LastIndexOf('\\') + 1)..]))[..8];

    private static Secret Md4(ReadOnlySpan<byte> octets)
    {
        var digest = new MD4Digest();
        digest.BlockUpdate(octets);
        var hash = new Secret(HashOctets);
        digest.DoFinal(hash.Fill);
        return hash;
    }

    /// <summary>DesEncrypt: the seven octets of the key get a parity bit after every seven.</summary>
    private static void Des(ReadOnlySpan<byte> key, ReadOnlySpan<byte> clear, Span<byte> cipher)
    {
        var bits = 0UL;
        foreach (var octet in key) bits = (bits << 8) | octet;
        var expanded = new byte[8];
        for (var i = 0; i < 8; i++) expanded[i] = (byte)((bits >> (49 - (7 * i))) << 1);
        var engine = new DesEngine();
        engine.Init(forEncryption: true, new KeyParameter(expanded));
        var block = clear.ToArray();
        engine.ProcessBlock(block, 0, block, 0);
        block.CopyTo(cipher);
        Array.Clear(expanded);
    }

#pragma warning disable CA5350 // the method's own hash (RFC 2759 §8)
    private static byte[] Sha1(ReadOnlySpan<byte> a, ReadOnlySpan<byte> b, ReadOnlySpan<byte> c, ReadOnlySpan<byte> d = default) =>
        SHA1.HashData(Octets.Join(a, b, c, d));
#pragma warning restore CA5350
}
