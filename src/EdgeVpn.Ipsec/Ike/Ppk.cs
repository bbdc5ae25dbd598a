using EdgeVpn.Ipsec.Crypto;
using EdgeVpn.Ipsec.Wire;
using EdgeVpn.Ipsec.Wire.Payloads;
using EdgeVpn.Ipsec.Wire.Registry;

namespace EdgeVpn.Ipsec.Ike;

/// <summary>A post-quantum preshared key (RFC 8784): mixed into the keys of child SAs and of AUTH, beside whatever proves who the ends are.</summary>
/// <param name="Id">Its name, which goes over the wire (PPK_ID_FIXED).</param>
/// <param name="Secret">At least 32 octets of entropy, or it adds nothing. The configuration owns it.</param>
/// <param name="IsRequired">Whether a peer without it is refused.</param>
public sealed record Ppk(string Id, Secret Secret, bool IsRequired)
{
    private const byte Fixed = 2; // PPK_ID_FIXED (RFC 8784 §5.1)

    internal static NotifyPayload Supported => new(ProtocolId.None, [], NotifyType.UsePpk, []);

    /// <summary>Says that the PPK was used; the responder needs to name nothing.</summary>
    internal static NotifyPayload Used => new(ProtocolId.None, [], NotifyType.PpkIdentity, []);

    /// <summary>N(PPK_IDENTITY) of the initiator.</summary>
    internal NotifyPayload Identity => new(ProtocolId.None, [], NotifyType.PpkIdentity, [Fixed, .. System.Text.Encoding.UTF8.GetBytes(Id)]);

    internal bool IsNamedBy(NotifyPayload identity) => identity.Data.AsSpan().SequenceEqual(Identity.Data);
}
