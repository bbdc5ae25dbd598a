using EdgeVpn.Ipsec.Wire.Payloads;
using EdgeVpn.Ipsec.Wire.Registry;

namespace EdgeVpn.Ipsec.Wire;

/// <summary>From a payload's type to its reader: the one table of what this engine understands.</summary>
internal static class PayloadCodec
{
    /// <summary>Reads one payload into a value. SK and SKF have none: their content is not readable yet.</summary>
    public static WireError TryRead(PayloadView view, out Payload? value)
    {
        var body = view.Body;
        switch (view.Type)
        {
            case PayloadType.SecurityAssociation:
                return Done(SaPayload.TryRead(body, out var sa), sa, out value);
            case PayloadType.KeyExchange:
                return Done(KePayload.TryRead(body, out var ke), ke, out value);
            case PayloadType.IdentificationInitiator or PayloadType.IdentificationResponder:
                return Done(IdPayload.TryRead(view.Type == PayloadType.IdentificationInitiator, body, out var id), id, out value);
            case PayloadType.Certificate:
                return Done(CertPayload.TryRead(body, out var cert), cert, out value);
            case PayloadType.CertificateRequest:
                return Done(CertReqPayload.TryRead(body, out var certReq), certReq, out value);
            case PayloadType.Authentication:
                return Done(AuthPayload.TryRead(body, out var auth), auth, out value);
            case PayloadType.Nonce:
                return Done(NoncePayload.TryRead(body, out var nonce), nonce, out value);
            case PayloadType.Notify:
                return Done(NotifyPayload.TryRead(body, out var notify), notify, out value);
            case PayloadType.Delete:
                return Done(DeletePayload.TryRead(body, out var delete), delete, out value);
            case PayloadType.VendorId:
                return Done(VendorIdPayload.TryRead(body, out var vendorId), vendorId, out value);
            case PayloadType.TrafficSelectorInitiator or PayloadType.TrafficSelectorResponder:
                return Done(TsPayload.TryRead(view.Type == PayloadType.TrafficSelectorInitiator, body, out var ts), ts, out value);
            case PayloadType.Configuration:
                return Done(CpPayload.TryRead(body, out var cp), cp, out value);
            case PayloadType.ExtensibleAuthentication:
                return Done(EapPayload.TryRead(body, out var eap), eap, out value);
            default:
                value = new UnknownPayload(view.Type, view.IsCritical, body.ToArray());
                return WireError.None;
        }
    }

    private static WireError Done(WireError error, Payload? read, out Payload? value)
    {
        value = read;
        return error;
    }
}
