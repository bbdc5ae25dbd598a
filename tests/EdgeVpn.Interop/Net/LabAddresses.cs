namespace EdgeVpn.Interop.Net;

/// <summary>The addresses of every lab: documentation ranges outside, private ones inside.</summary>
public static class LabAddresses
{
    public const string BranchNetwork = "10.10.0.0/24", BoxLan = "10.10.0.1", BranchHost = "10.10.0.10";
    public const string CloudNetwork = "10.20.0.0/24", GatewayLan = "10.20.0.1", CloudHost = "10.20.0.10";
    public const string BoxWan = "192.0.2.2", InternetBranchSide = "192.0.2.1";

    /// <summary>Where the box is once it moved.</summary>
    public const string BoxWanElsewhere = "192.0.2.77";

    /// <summary>Another address of the gateway, once it has it.</summary>
    public const string GatewayWanToo = "203.0.113.3";

    public const string GatewayWan = "203.0.113.2", InternetCloudSide = "203.0.113.1";

    /// <summary>A host of the internet that belongs to nobody: brokers and probes.</summary>
    public const string InternetHost = "198.51.100.1";

    public const string BranchNetwork6 = "fd10:10::/64", BoxLan6 = "fd10:10::1", BranchHost6 = "fd10:10::10";
    public const string CloudNetwork6 = "fd10:20::/64", GatewayLan6 = "fd10:20::1", CloudHost6 = "fd10:20::10";
    public const string BoxWan6 = "2001:db8:1::2", InternetBranchSide6 = "2001:db8:1::1";
    public const string GatewayWan6 = "2001:db8:2::2", InternetCloudSide6 = "2001:db8:2::1";

    /// <summary>What may only pass a WAN link inside ESP.</summary>
    public static readonly string[] Protected = ["10.10.0.0/16", "10.20.0.0/16", "fd10:10::/32", "fd10:20::/32"];
}
