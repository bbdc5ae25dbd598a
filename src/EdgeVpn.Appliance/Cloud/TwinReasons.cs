using EdgeVpn.Model.Reasons;
using EdgeVpn.Model.Twin;

namespace EdgeVpn.Appliance.Cloud;

/// <summary>The catalogue's reasons as reports carry them.</summary>
public static class TwinReasons
{
    /// <summary>A reason with what was seen this time.</summary>
    public static ReportedReason Of(Reason reason, string? detail = null) => new(reason.Digits, reason.Name, detail);

    internal static ReportedReason NameNotResolved(string detail) => Of(ReasonCode.NameNotResolved, detail);

    internal static ReportedReason Unreachable(string detail) => Of(ReasonCode.BrokerUnreachable, detail);

    internal static ReportedReason BrokerRefused(string detail) => Of(ReasonCode.BrokerRefused, detail);

    internal static ReportedReason Refused(string? detail = null) => Of(ReasonCode.DocumentRefused, detail);

    internal static ReportedReason SignatureRefused(string detail) => Of(ReasonCode.SignatureRefused, detail);

    internal static ReportedReason Reverted(string detail) => Of(ReasonCode.Reverted, detail);
}
