using System.Buffers.Binary;
using EdgeVpn.Ipsec.Crypto;
using EdgeVpn.Ipsec.Ike.Errands;

namespace EdgeVpn.Ipsec.Ike.Eap.Tls;

/// <summary>EAP-TLS as the one who proves a certificate (RFC 5216; RFC 9190 with TLS 1.3): flights of TLS in fragments of EAP.</summary>
/// <remarks>
/// <code>
///   &lt;-- Request/Identity                        Response/Identity -->
///   &lt;-- Start                                   ClientHello -->
///   &lt;-- ServerHello, Certificate, …  (M)        empty -->              a fragment's acknowledgement, either way
///   &lt;-- … ServerHelloDone                       Certificate, …, Finished -->
///   &lt;-- Finished, or in TLS 1.3 one octet 0     empty -->
///   &lt;-- EAP-Success
/// </code>
/// The TLS itself is an errand: it judges a certificate, perhaps by asking for revocation, and signs.
/// </remarks>
internal sealed class EapTlsPeer(string user, TlsConversation conversation, Func<TlsConversation, byte[], TlsErrand> errand) : EapPeer(user)
{
    /// <summary>A flight of the gateway's: chains of certificates are far smaller (RFC 5216 §2.1.5 expects up to 64 KB).</summary>
    private const int MaxFlightOctets = 65_536;

    /// <summary>An EAP packet that every link takes (RFC 3748 §3.1): what is behind the gateway may be another server, over RADIUS.</summary>
    private const int MaxPacketOctets = 1_020;

    private const int HeaderOctets = 6; // EAP's five, the flags
    private readonly MemoryStream _flight = new();
    private byte[] _ours = [];
    private int _sent;
    private bool _isBegun;
    private Secret? _msk;

    protected override EapType Method => EapType.Tls;

    /// <summary>The largest flight in small fragments, and ours.</summary>
    protected override int MaxRounds => 128;

    protected override bool IsProven => _msk is not null;

    protected override CloseReason Unproven => new(CloseCause.ProtocolError, Detail: "the gateway says success before TLS has come to its end");

    protected override CloseReason Refusal => new(CloseCause.CertificateRefusedByPeer, Detail: "the gateway refuses our certificate or its name");

    public override Secret Msk()
    {
        var msk = _msk ?? throw new InvalidOperationException("No key before the method has succeeded.");
        _msk = null;
        return msk;
    }

    public override void Dispose()
    {
        _msk?.Dispose();
        _flight.Dispose();
        base.Dispose();
    }

    protected override EapStep Answer(EapMessage request)
    {
        if (Fault is { } fault) return new EapStep.Failed(fault); // it was told by our alert
        if (!EapTlsMessage.TryRead(request.Data.Span, out var message)) return Broken("the gateway's EAP-TLS message is cut short");
        if (_sent < _ours.Length)
            return message is { Data.IsEmpty: true, IsStart: false } ? Next(request) : Broken("the gateway speaks before it has heard all fragments of ours");
        if (message.IsStart == _isBegun) return Broken(_isBegun ? "the gateway starts EAP-TLS once more" : "the gateway's EAP-TLS begins without a start");
        _isBegun = true;
        if (_flight.Length + message.Data.Length > MaxFlightOctets || message.Length > MaxFlightOctets)
            return Broken($"the gateway's TLS flight is longer than {MaxFlightOctets} octets");
        _flight.Write(message.Data);
        if (message.HasMore || (_flight.Length == 0 && !message.IsStart)) return new EapStep.Reply(request.Respond(EapType.Tls, [0]));

        var records = _flight.ToArray();
        _flight.SetLength(0);
        var work = errand(conversation, records);
        return new EapStep.Away(work, () => Said(request, work.Answer));
    }

    private EapStep.Reply Said(EapMessage request, TlsAnswer answer)
    {
        (Fault, _ours, _sent) = (answer.Fault, answer.Records, 0);
        _msk = answer.Msk ?? _msk;
        return Next(request);
    }

    /// <summary>The next fragment of what we have to say; the first of several tells how long it all is.</summary>
    private EapStep.Reply Next(EapMessage request)
    {
        var isFirst = _sent == 0 && _ours.Length > MaxPacketOctets - HeaderOctets;
        var head = isFirst ? 1 + EapTlsMessage.LengthOctets : 1;
        var length = Math.Min(_ours.Length - _sent, MaxPacketOctets - HeaderOctets - (head - 1));
        var data = new byte[head + length];
        if (isFirst) BinaryPrimitives.WriteUInt32BigEndian(data.AsSpan(1), (uint)_ours.Length);
        _ours.AsSpan(_sent, length).CopyTo(data.AsSpan(head));
        _sent += length;
        data[0] = (byte)((isFirst ? EapTlsMessage.LengthIncluded : 0) | (_sent < _ours.Length ? EapTlsMessage.MoreFragments : 0));
        return new EapStep.Reply(request.Respond(EapType.Tls, data));
    }
}
