using EdgeVpn.Model.Twin;

namespace EdgeVpn.Appliance.Cloud;

/// <summary>The catalogue's codes that the cloud side gives itself.</summary>
public static class TwinReasons
{
    public static ReportedReason Unreachable(string detail) => new(51, "broker-unreachable", detail);

    public static ReportedReason NameNotResolved(string detail) => new(14, "name-not-resolved", detail);

    public static ReportedReason Refused(string? detail = null) => new(52, "document-refused", detail);

    public static ReportedReason Reverted(string detail) => new(53, "document-reverted", detail);
}
