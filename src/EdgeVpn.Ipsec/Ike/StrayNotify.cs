using EdgeVpn.Ipsec.Wire;
using EdgeVpn.Ipsec.Wire.Registry;

namespace EdgeVpn.Ipsec.Ike;

/// <summary>An answer in clear under the SPIs of an SA of ours. Anyone can have sent it (RFC 7296 §2.21.4, §2.4).</summary>
internal static class StrayNotify
{
    /// <summary>Whether the sender says that it does not know the SA.</summary>
    public static bool IsInvalidIkeSpi(IkeHeader header, ReadOnlySpan<byte> datagram) =>
        header is { IsResponse: true, NextPayload: PayloadType.Notify }
        && PayloadList.TryRead(header.NextPayload, datagram[IkeHeader.Size..], out var payloads) == WireError.None
        && payloads!.Notify(NotifyType.InvalidIkeSpi) is not null;
}
