using EdgeVpn.Ipsec.Wire;
using EdgeVpn.Ipsec.Wire.Payloads;
using EdgeVpn.Ipsec.Wire.Registry;

namespace EdgeVpn.Ipsec.Ike.Exchanges;

/// <summary>Error notifications: types below 16384 (RFC 7296 §3.10.1).</summary>
internal static class ErrorNotify
{
    private const ushort FirstStatusType = 16384;

    public static NotifyPayload? Find(PayloadList message) =>
        message.All<NotifyPayload>().FirstOrDefault(static n => (ushort)n.NotifyType < FirstStatusType);

    public static NotifyPayload Of(NotifyType type) => new(ProtocolId.None, [], type, []);

    public static NotifyPayload Of(NotifyType type, ProtocolId protocol, byte[] spi) => new(protocol, spi, type, []);

    /// <summary>The answer that asks for another key exchange method.</summary>
    public static NotifyPayload InvalidKePayload(KeyExchangeMethod wanted) =>
        new(ProtocolId.None, [], NotifyType.InvalidKePayload, Octets.Of((ushort)wanted));

    /// <summary>What a peer's error means for a whole IKE SA.</summary>
    public static CloseReason ToIkeReason(NotifyPayload error) => new(
        error.NotifyType switch
        {
            NotifyType.NoProposalChosen => CloseCause.NoIkeProposalChosen,
            NotifyType.InvalidKePayload => CloseCause.InvalidKeyExchange,
            NotifyType.AuthenticationFailed => CloseCause.AuthenticationRefusedByPeer,
            NotifyType.InvalidSyntax => CloseCause.ProtocolError,
            _ => CloseCause.PeerError,
        },
        error.NotifyType);

    /// <summary>What a peer's error means for one child SA.</summary>
    public static CloseReason ToChildReason(NotifyPayload error) => new(
        error.NotifyType switch
        {
            NotifyType.NoProposalChosen => CloseCause.NoEspProposalChosen,
            NotifyType.InvalidKePayload => CloseCause.InvalidKeyExchange,
            NotifyType.TsUnacceptable or NotifyType.SinglePairRequired => CloseCause.TrafficSelectorsUnacceptable,
            NotifyType.NoAdditionalSas or NotifyType.FailedCpRequired or NotifyType.InternalAddressFailure => CloseCause.ChildRefused,
            NotifyType.InvalidSyntax => CloseCause.ProtocolError,
            _ => CloseCause.PeerError,
        },
        error.NotifyType);
}
