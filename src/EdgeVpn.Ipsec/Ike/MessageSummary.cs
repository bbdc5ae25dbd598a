using System.Collections.Immutable;
using EdgeVpn.Ipsec.Wire.Payloads;
using EdgeVpn.Ipsec.Wire.Registry;

namespace EdgeVpn.Ipsec.Ike;

/// <summary>A message's payloads in the RFC's notation: <c>SA</c>, <c>KEi</c>, <c>N(COOKIE)</c>, <c>D(ESP)</c>.</summary>
internal static class MessageSummary
{
    public static ImmutableArray<string> Of(IReadOnlyList<Payload> payloads) => [.. payloads.Select(Name)];

    private static string Name(Payload payload) => payload switch
    {
        SaPayload => "SA",
        KePayload ke => $"KE({ke.Method})",
        IdPayload id => id.IsInitiator ? "IDi" : "IDr",
        CertPayload => "CERT",
        CertReqPayload => "CERTREQ",
        AuthPayload => "AUTH",
        NoncePayload => "Nonce",
        NotifyPayload notify => $"N({notify.NotifyType})",
        DeletePayload delete => $"D({delete.Protocol}{(delete.Protocol == ProtocolId.Esp ? $"×{delete.Spis.Length}" : "")})",
        VendorIdPayload => "V",
        TsPayload ts => ts.IsInitiator ? "TSi" : "TSr",
        CpPayload => "CP",
        EapPayload => "EAP",
        _ => payload.Type.ToString(),
    };
}
