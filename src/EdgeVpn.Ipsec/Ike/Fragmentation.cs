using EdgeVpn.Ipsec.Wire;
using EdgeVpn.Ipsec.Wire.Payloads;
using EdgeVpn.Ipsec.Wire.Registry;

namespace EdgeVpn.Ipsec.Ike;

/// <summary>Agreement on fragments in IKE_SA_INIT (RFC 7383 §2.3).</summary>
internal static class Fragmentation
{
    public static NotifyPayload Supported => new(ProtocolId.None, [], NotifyType.Ikev2FragmentationSupported, []);

    /// <summary>Whether we and the sender of <paramref name="peersSaInit"/> both read fragments.</summary>
    public static bool IsAgreed(IkeEndpointOptions options, PayloadList peersSaInit) =>
        options.FragmentOctets > 0 && peersSaInit.Notify(NotifyType.Ikev2FragmentationSupported) is not null;
}
