using EdgeVpn.Ipsec.Wire.Registry;
using static EdgeVpn.Ipsec.Wire.Registry.PayloadType;

namespace EdgeVpn.Ipsec.Wire;

/// <summary>How often a payload may stand in a message.</summary>
/// <param name="Type">A payload that may be there; what no rule names may not, save unknown types.</param>
/// <param name="Min">0 or 1. An answer that refuses may leave it out.</param>
/// <param name="Max"><see cref="Many"/>: as often as the chain's own bound allows.</param>
public readonly record struct PayloadRule(PayloadType Type, int Min, int Max)
{
    public const int Many = PayloadReader.MaxPayloads;
}

/// <summary>What is wrong with the composition of a message.</summary>
public enum PayloadViolation : byte
{
    None = 0,

    /// <summary>A payload that this message has no place for.</summary>
    Unexpected,

    /// <summary>A payload more often than it may be there.</summary>
    TooMany,

    /// <summary>A payload that must be there, or whose companions are there.</summary>
    Missing,

    /// <summary>SK or SKF inside SK, or in a message that is always in clear; or none where all is encrypted.</summary>
    Encryption,
}

/// <summary>Where a chain stands.</summary>
public enum PayloadPlace : byte
{
    /// <summary>Behind the IKE header.</summary>
    Clear,

    /// <summary>Inside SK, or put together from SKF.</summary>
    Encrypted,
}

/// <summary>What may appear where and how often, in clear and inside SK (RFC 7296 §1.2–1.5 and appendix C).</summary>
/// <remarks>
/// Composition only: what depends on the state (is EAP running, was a cookie asked for) is the exchange's to know.
/// Notifications, vendor IDs and unknown payloads may stand anywhere. Order is free (§2.5).
/// </remarks>
public static class PayloadRules
{
    private const int Many = PayloadRule.Many;
    private const int Types = 64; // above the highest number the rules name

    // Only IKE_SA_INIT and IKE_SESSION_RESUME, and notifications outside of any SA (§1.5), are in clear.
    private static readonly PayloadRule[] OutsideSk = [.. Common()];

    private static readonly PayloadRule[] SaInit = [Once(SecurityAssociation), Once(KeyExchange), Once(Nonce), .. Common()];

    private static readonly PayloadRule[] SaInitResponse = [.. SaInit, Any(CertificateRequest)];

    private static readonly PayloadRule[] SessionResume = [Once(Nonce), .. Common()];

    // Without SA and TS: later rounds of EAP, and IKE SAs without children (RFC 6023).
    private static readonly PayloadRule[] Auth =
    [
        Maybe(IdentificationInitiator), Any(Certificate), Any(CertificateRequest), Maybe(IdentificationResponder), Maybe(Authentication),
        Maybe(ExtensibleAuthentication), Maybe(Configuration), Maybe(SecurityAssociation), Maybe(TrafficSelectorInitiator),
        Maybe(TrafficSelectorResponder), .. Common(),
    ];

    private static readonly PayloadRule[] AuthResponse =
    [
        Maybe(IdentificationResponder), Any(Certificate), Maybe(Authentication), Maybe(ExtensibleAuthentication), Maybe(Configuration),
        Maybe(SecurityAssociation), Maybe(TrafficSelectorInitiator), Maybe(TrafficSelectorResponder), .. Common(),
    ];

    // Without TS: the IKE SA is rekeyed.
    private static readonly PayloadRule[] CreateChild =
    [
        Once(SecurityAssociation), Once(Nonce), Maybe(KeyExchange), Maybe(TrafficSelectorInitiator), Maybe(TrafficSelectorResponder),
        Maybe(Configuration), .. Common(),
    ];

    private static readonly PayloadRule[] Information = [Any(Delete), Maybe(Configuration), .. Common()];

    private static readonly PayloadRule[] Intermediate = [Maybe(KeyExchange), .. Common()];

    private static readonly PayloadRule[] FollowupKe = [Once(KeyExchange), .. Common()];

    /// <summary>The rules of one message; empty if there is no such message.</summary>
    public static ReadOnlySpan<PayloadRule> Of(ExchangeType exchange, bool isResponse, PayloadPlace place) => (exchange, place) switch
    {
        (ExchangeType.IkeSaInit, PayloadPlace.Clear) => isResponse ? SaInitResponse : SaInit,
        (ExchangeType.IkeSessionResume, PayloadPlace.Clear) => SessionResume,
        (ExchangeType.IkeSaInit or ExchangeType.IkeSessionResume, _) => [],
        (_, PayloadPlace.Clear) => OutsideSk,
        (ExchangeType.IkeAuth, _) => isResponse ? AuthResponse : Auth,
        (ExchangeType.CreateChildSa, _) => CreateChild,
        (ExchangeType.Informational, _) => Information,
        (ExchangeType.IkeIntermediate, _) => Intermediate,
        (ExchangeType.IkeFollowupKe, _) => FollowupKe,
        _ => [],
    };

    /// <summary>Checks the composition of a chain that was read.</summary>
    /// <param name="exchange">Of the message's header.</param>
    /// <param name="isResponse">Of the message's header.</param>
    /// <param name="place">In clear behind the header, or inside SK.</param>
    /// <param name="payloads">The chain of that place.</param>
    /// <param name="culprit">The payload that is wrong or missing; <see cref="PayloadType.None"/> if nothing is.</param>
    public static PayloadViolation Check(
        ExchangeType exchange, bool isResponse, PayloadPlace place, PayloadList payloads, out PayloadType culprit)
    {
        culprit = PayloadType.None;
        if (!HasEncryptionInPlace(exchange, isResponse, place, payloads))
        {
            culprit = payloads.EncryptedPayload ?? Encrypted;
            return PayloadViolation.Encryption;
        }

        Span<byte> counts = stackalloc byte[Types];
        counts.Clear();
        for (var index = 0; index < payloads.Count; index++)
        {
            var type = payloads[index].Type;
            if (type.IsUnderstood()) counts[(int)type]++;
        }

        var rules = Of(exchange, isResponse, place);
        var mayRefuse = isResponse && IsRefusal(payloads);
        foreach (var rule in rules)
        {
            culprit = rule.Type;
            var count = counts[(int)rule.Type];
            if (count > rule.Max) return PayloadViolation.TooMany;
            if (count < rule.Min && !mayRefuse) return PayloadViolation.Missing;
        }

        for (var type = 0; type < Types; type++)
        {
            culprit = (PayloadType)type;
            if (counts[type] > 0 && !Names(rules, culprit)) return PayloadViolation.Unexpected;
        }

        return CheckCompanions(exchange, place, counts, out culprit);
    }

    // TSi and TSr come together; in IKE_AUTH with the SA payload they are for (§1.2, §1.3.1).
    private static PayloadViolation CheckCompanions(ExchangeType exchange, PayloadPlace place, ReadOnlySpan<byte> counts, out PayloadType culprit)
    {
        culprit = PayloadType.None;
        if (place == PayloadPlace.Clear) return PayloadViolation.None;
        var hasTsi = counts[(int)TrafficSelectorInitiator] > 0;
        var hasTsr = counts[(int)TrafficSelectorResponder] > 0;
        var hasSa = counts[(int)SecurityAssociation] > 0;
        if (hasTsi != hasTsr) culprit = hasTsi ? TrafficSelectorResponder : TrafficSelectorInitiator;
        else if (exchange == ExchangeType.IkeAuth && hasTsi != hasSa) culprit = hasSa ? TrafficSelectorInitiator : SecurityAssociation;
        return culprit == PayloadType.None ? PayloadViolation.None : PayloadViolation.Missing;
    }

    private static bool HasEncryptionInPlace(ExchangeType exchange, bool isResponse, PayloadPlace place, PayloadList payloads)
    {
        var hasSk = payloads.EncryptedPayload is not null;
        if (place == PayloadPlace.Encrypted || exchange is ExchangeType.IkeSaInit or ExchangeType.IkeSessionResume) return !hasSk;
        // Outside of any SA: INFORMATIONAL, and an answer that says why (INVALID_IKE_SPI, INVALID_MAJOR_VERSION).
        return hasSk || exchange == ExchangeType.Informational || (isResponse && payloads.FirstError() is not null);
    }

    // An error, a cookie (§2.6) or a ticket refused (RFC 5723 §4.3.2) stands in place of the answer.
    private static bool IsRefusal(PayloadList payloads) =>
        payloads.FirstError() is not null || payloads.Notify(NotifyType.Cookie) is not null || payloads.Notify(NotifyType.TicketNack) is not null;

    private static bool Names(ReadOnlySpan<PayloadRule> rules, PayloadType type)
    {
        foreach (var rule in rules)
        {
            if (rule.Type == type) return true;
        }

        return false;
    }

    private static PayloadRule[] Common() => [Any(Notify), Any(VendorId)];

    private static PayloadRule Once(PayloadType type) => new(type, 1, 1);

    private static PayloadRule Maybe(PayloadType type) => new(type, 0, 1);

    private static PayloadRule Any(PayloadType type) => new(type, 0, Many);
}
