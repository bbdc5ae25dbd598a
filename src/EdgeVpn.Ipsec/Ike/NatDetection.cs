using System.Security.Cryptography;
using EdgeVpn.Ipsec.Wire;
using EdgeVpn.Ipsec.Wire.Payloads;
using EdgeVpn.Ipsec.Wire.Registry;

namespace EdgeVpn.Ipsec.Ike;

/// <summary>NAT detection by hashes of addresses and ports (RFC 7296 §2.23).</summary>
internal static class NatDetection
{
    /// <summary>What we send: a hash of where we send from, and of where we send to.</summary>
    /// <param name="pretend">Hash a port that we do not send from: the peer takes it for a NAT, and encapsulates ESP in UDP.</param>
    public static IEnumerable<NotifyPayload> Notifies(ulong initiatorSpi, ulong responderSpi, Path path, bool pretend = false)
    {
        yield return new NotifyPayload(
            ProtocolId.None,
            [],
            NotifyType.NatDetectionSourceIp,
            Hash(initiatorSpi, responderSpi, pretend ? path.Local with { Port = 0 } : path.Local));
        yield return new NotifyPayload(
            ProtocolId.None, [], NotifyType.NatDetectionDestinationIp, Hash(initiatorSpi, responderSpi, path.Remote));
    }

    /// <summary>What the peer's hashes say about a message that arrived on <paramref name="path"/>; null if it sent none.</summary>
    public static NatSituation? Evaluate(PayloadList message, ulong initiatorSpi, ulong responderSpi, Path path)
    {
        var sources = message.All<NotifyPayload>().Where(static n => n.NotifyType == NotifyType.NatDetectionSourceIp).ToList();
        var destination = message.Notify(NotifyType.NatDetectionDestinationIp);
        if (sources.Count == 0 || destination is null) return null;

        var situation = NatSituation.None;
        var seenRemote = Hash(initiatorSpi, responderSpi, path.Remote);
        if (!sources.Exists(source => source.Data.AsSpan().SequenceEqual(seenRemote))) situation |= NatSituation.Remote;
        if (!destination.Data.AsSpan().SequenceEqual(Hash(initiatorSpi, responderSpi, path.Local))) situation |= NatSituation.Local;
        return situation;
    }

    private static byte[] Hash(ulong initiatorSpi, ulong responderSpi, IpEndpoint endpoint) =>
        SHA1.HashData(Octets.Join(Octets.Of(initiatorSpi), Octets.Of(responderSpi), endpoint.Address.ToOctets(), Octets.Of(endpoint.Port)));
}
