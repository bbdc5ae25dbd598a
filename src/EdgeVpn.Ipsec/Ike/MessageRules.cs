using EdgeVpn.Ipsec.Wire;
using EdgeVpn.Ipsec.Wire.Registry;

namespace EdgeVpn.Ipsec.Ike;

/// <summary>What the engine makes of <see cref="PayloadRules"/>.</summary>
/// <remarks>
/// A payload that has no place in a message is not read and harms nobody, so that a peer which says more than it must is not turned away.
/// What is there twice could be read in two ways, and what is missing cannot be read at all: that is refused.
/// </remarks>
internal static class MessageRules
{
    /// <returns>Null if the request may be answered, otherwise what is wrong with it.</returns>
    public static string? FaultOfRequest(ExchangeType exchange, PayloadPlace place, PayloadList request) =>
        Fault(exchange, isResponse: false, place, request, toleratesMissing: false);

    /// <remarks>What an answer lacks is for the exchange to say: it knows what to do about it.</remarks>
    public static string? FaultOfResponse(ExchangeType exchange, PayloadPlace place, PayloadList response) =>
        Fault(exchange, isResponse: true, place, response, toleratesMissing: true);

    private static string? Fault(ExchangeType exchange, bool isResponse, PayloadPlace place, PayloadList payloads, bool toleratesMissing)
    {
        var violation = PayloadRules.Check(exchange, isResponse, place, payloads, out var culprit);
        if (violation is PayloadViolation.None or PayloadViolation.Unexpected) return null;
        if (violation == PayloadViolation.Missing && toleratesMissing) return null;
        return $"{exchange}: {violation} {culprit}";
    }
}
