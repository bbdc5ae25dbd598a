using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;
using EdgeVpn.Ipsec.Crypto;

namespace EdgeVpn.Ipsec.Ike.Eap;

/// <summary>EAP-MSCHAPv2 as the one who proves a user name and password (EAP type 26; RFC 3748 for the rest).</summary>
/// <remarks>
/// <code>
///   &lt;-- Request/Identity              Response/Identity (user) -->
///   &lt;-- Challenge (16 octets)         Response (peer challenge, NT response, user) -->
///   &lt;-- Success (S=...)               Success -->          the gateway knew the password too
///   &lt;-- EAP-Success
/// </code>
/// Success is believed only after the gateway's own proof: else anyone could let us in to a key of zeros.
/// </remarks>
internal sealed class MsChapV2Peer : EapPeer
{
    private const byte Challenge = 1;
    private const byte Response = 2;
    private const byte Success = 3;
    private const byte Failure = 4;
    private const int HeaderOctets = 4; // OpCode, MS-CHAPv2-ID, MS-Length
    private const int ResponseValueOctets = 49;

    private readonly string _user;
    private readonly IEntropy _entropy;
    private readonly Secret _hash;
    private byte[]? _ntResponse;
    private string _expected = "";
    private bool _isProven;

    private MsChapV2Peer(string user, Secret hash, IEntropy entropy)
        : base(user) => (_user, _hash, _entropy) = (user, hash, entropy);

    protected override EapType Method => EapType.MsChapV2;

    /// <summary>Identity, notifications, the method itself: no gateway needs more rounds.</summary>
    protected override int MaxRounds => 12;

    protected override bool IsProven => _isProven;

    protected override CloseReason Unproven => Refused("the gateway says success before it proved that it knows the password");

    protected override CloseReason Refusal => Refused("the gateway refuses the user name or password");

    /// <param name="password">UTF-8; not kept.</param>
    /// <param name="entropy">Of our challenge.</param>
    public static MsChapV2Peer Of(string user, Secret password, IEntropy entropy) => new(user, MsChapV2.PasswordHash(password), entropy);

    public override Secret Msk() => MsChapV2.Msk(_hash, _ntResponse ?? throw new InvalidOperationException("No key before the method has succeeded."));

    public override void Dispose()
    {
        _hash.Dispose();
        base.Dispose();
    }

    protected override EapStep Answer(EapMessage request)
    {
        var data = request.Data.Span;
        if (data.Length < HeaderOctets) return Failed("the gateway's MS-CHAPv2 message is cut short");
        var body = data[HeaderOctets..];
        switch (data[0])
        {
            case Challenge when body.Length > MsChapV2.ChallengeOctets && body[0] == MsChapV2.ChallengeOctets:
                return new EapStep.Reply(request.Respond(EapType.MsChapV2, Respond(data[1], body.Slice(1, MsChapV2.ChallengeOctets))));
            case Success when _ntResponse is not null:
                var text = Encoding.UTF8.GetString(body);
                var proof = Encoding.ASCII.GetBytes(text.Length >= _expected.Length ? text[.._expected.Length].ToUpperInvariant() : "");
                if (!CryptographicOperations.FixedTimeEquals(proof, Encoding.ASCII.GetBytes(_expected)))
                    return Failed("the gateway does not know the password");
                _isProven = true;
                return new EapStep.Reply(request.Respond(EapType.MsChapV2, [Success]));
            case Failure:
                Fault = Refused($"the gateway refuses the user name or password ({Meaning(Encoding.UTF8.GetString(body))})");
                return new EapStep.Reply(request.Respond(EapType.MsChapV2, [Failure]));
            default:
                return Failed("the gateway's MS-CHAPv2 message is out of turn");
        }
    }

    private static EapStep.Failed Failed(string why) => new(Refused(why));

    private static CloseReason Refused(string why) => new(CloseCause.AuthenticationRefusedByPeer, Detail: why);

    private byte[] Respond(byte id, ReadOnlySpan<byte> challenge)
    {
        var peerChallenge = _entropy.Octets(MsChapV2.ChallengeOctets);
        _ntResponse = MsChapV2.NtResponse(challenge, peerChallenge, _user, _hash);
        _expected = MsChapV2.AuthenticatorResponse(_hash, _ntResponse, peerChallenge, challenge, _user);
        _isProven = false;
        var name = Encoding.UTF8.GetBytes(_user);
        var response = new byte[HeaderOctets + 1 + ResponseValueOctets + name.Length];
        response[0] = Response;
        response[1] = id;
        BinaryPrimitives.WriteUInt16BigEndian(response.AsSpan(2), (ushort)response.Length);
        response[HeaderOctets] = ResponseValueOctets;
        var value = response.AsSpan(HeaderOctets + 1);
        peerChallenge.CopyTo(value);
        _ntResponse.CopyTo(value[(MsChapV2.ChallengeOctets + 8)..]); // eight reserved octets between
        name.CopyTo(value[ResponseValueOctets..]);
        return response;
    }

    /// <summary>The error codes of RFC 2759 §6.</summary>
    private static string Meaning(string failure)
    {
        var at = failure.IndexOf("E=", StringComparison.Ordinal);
        var code = at < 0 ? "" : new string([.. failure.AsSpan(at + 2).ToArray().TakeWhile(char.IsAsciiDigit).Take(10)]);
        return code switch
        {
            "646" => "restricted logon hours",
            "647" => "the account is disabled",
            "648" => "the password has expired",
            "649" => "no permission to dial in",
            "691" => "authentication failure",
            "709" => "the password must be changed",
            _ => $"error {code}",
        };
    }
}
