using System.Collections.Immutable;

namespace EdgeVpn.Model.Reasons;

// The cloud: broker and documents.
public static partial class ReasonCode
{
    public static readonly Reason BrokerUnreachable = new(
        "broker-unreachable", 51, ReasonLight.Cloud, ReasonSeverity.Trouble,
        "The broker does not answer.",
        [
            "Is the broker's address right, and does a firewall let its port out?",
            "The tunnels do not need the broker: they go on.",
        ]);

    public static readonly Reason DocumentRefused = new(
        "document-refused", 52, ReasonLight.Cloud, ReasonSeverity.Refusal,
        "The operator's document was refused; the configuration before it stays in force.",
        [
            "`edgevpn why` names the first problem with its place, the report all of them.",
            "Was it made for this box, and for this version?",
        ]);

    public static readonly Reason Reverted = new(
        "reverted", 53, ReasonLight.Cloud, ReasonSeverity.Refusal,
        "The new configuration did not prove itself in time; the box went back to the last confirmed one.",
        [
            "Which tunnel or broker was not reached stands in the report.",
            "Lengthen `cloud.commitConfirm` if the peer needs longer.",
        ]);

    public static readonly Reason BrokerRefused = new(
        "broker-refused", 54, ReasonLight.Cloud, ReasonSeverity.Refusal,
        "The broker answers but does not let the box in.",
        [
            "Was the box's certificate revoked, or has it expired?",
            "Do the broker's access rules allow this box its own topics?",
            "Is the clock right? See reason 61.",
        ]);

    public static readonly Reason SignatureRefused = new(
        "signature-refused", 55, ReasonLight.Cloud, ReasonSeverity.Refusal,
        "A document was not signed by this fleet's key, or not meant for this box.",
        [
            "Did the fleet's key change? Enrol the box again.",
            "Someone else may be publishing to the box's topic.",
        ]);

    internal static ImmutableArray<Reason> Cloud => [BrokerUnreachable, DocumentRefused, Reverted, BrokerRefused, SignatureRefused];
}
