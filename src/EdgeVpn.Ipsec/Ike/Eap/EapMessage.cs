using System.Buffers.Binary;

namespace EdgeVpn.Ipsec.Ike.Eap;

/// <summary>EAP Codes (RFC 3748 §4).</summary>
internal enum EapCode : byte
{
    Request = 1,
    Response = 2,
    Success = 3,
    Failure = 4,
}

/// <summary>EAP Types that are spoken here (RFC 3748 §5).</summary>
internal enum EapType : byte
{
    None = 0,
    Identity = 1,
    Notification = 2,
    Nak = 3,
    Tls = 13,
    MsChapV2 = 26,
}

/// <summary>One EAP message.</summary>
/// <remarks>
/// <code>
///   | Code | Identifier | Length: 2 | [Type | Type-Data] |
/// </code>
/// </remarks>
internal readonly record struct EapMessage(EapCode Code, byte Identifier, EapType Type, ReadOnlyMemory<byte> Data)
{
    private const int HeaderOctets = 4;

    /// <param name="octets">Whole, as an EAP payload holds it; its length was checked there.</param>
    /// <returns>False if a Request or Response has no type.</returns>
    public static bool TryRead(byte[] octets, out EapMessage message)
    {
        message = default;
        if (octets.Length < HeaderOctets) return false;
        var code = (EapCode)octets[0];
        if (code is EapCode.Success or EapCode.Failure)
        {
            message = new EapMessage(code, octets[1], EapType.None, default);
            return true;
        }

        if (octets.Length <= HeaderOctets) return false;
        message = new EapMessage(code, octets[1], (EapType)octets[HeaderOctets], octets.AsMemory(HeaderOctets + 1));
        return true;
    }

    /// <summary>A response to this request.</summary>
    public byte[] Respond(EapType type, ReadOnlySpan<byte> data)
    {
        var response = new byte[HeaderOctets + 1 + data.Length];
        response[0] = (byte)EapCode.Response;
        response[1] = Identifier;
        BinaryPrimitives.WriteUInt16BigEndian(response.AsSpan(2), (ushort)response.Length);
        response[HeaderOctets] = (byte)type;
        data.CopyTo(response.AsSpan(HeaderOctets + 1));
        return response;
    }
}
