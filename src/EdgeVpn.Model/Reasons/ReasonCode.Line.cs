using System.Collections.Immutable;

namespace EdgeVpn.Model.Reasons;

// The line: cable, address, names.
public static partial class ReasonCode
{
    public static readonly Reason NoCarrier = new(
        "no-carrier", 11, ReasonLight.Wan, ReasonSeverity.Trouble,
        "The WAN port has no link: no cable, or nothing alive at its other end.",
        [
            "Is the cable in the WAN port, and does its small light shine?",
            "Is the modem or switch at the other end switched on?",
            "Try another cable.",
        ]);

    public static readonly Reason NoAddress = new(
        "no-address", 12, ReasonLight.Wan, ReasonSeverity.Trouble,
        "The WAN port has a link but no address: nobody answered DHCP, or no PPPoE session was made.",
        [
            "Does the provider expect PPPoE, a VLAN with another number, or a static address?",
            "Restart the modem: some lend an address only to the first device they see.",
            "Does another device get an address on this cable?",
        ]);

    public static readonly Reason NoGateway = new(
        "no-gateway", 13, ReasonLight.Wan, ReasonSeverity.Trouble,
        "The box has an address, but no gateway that answers.",
        [
            "Is the gateway in the configuration the provider's?",
            "Does the modem show that its own line is up?",
        ]);

    public static readonly Reason NameNotResolved = new(
        "name-not-resolved", 14, ReasonLight.Wan, ReasonSeverity.Trouble,
        "The name of a peer or broker could not be looked up.",
        [
            "Is the name spelled right in the configuration?",
            "Do the name servers answer? The set-up page shows which ones are asked.",
            "Give an address instead of the name to rule name servers out.",
        ]);

    public static readonly Reason NoInternet = new(
        "no-internet", 15, ReasonLight.Wan, ReasonSeverity.Trouble,
        "The gateway answers, but nothing beyond it does.",
        [
            "Is the provider's line up?",
            "Does a firewall in front of the box want a sign-in?",
        ]);

    public static readonly Reason InterfaceMissing = new(
        "interface-missing", 16, ReasonLight.Wan, ReasonSeverity.Fault,
        "A network interface named in the configuration does not exist.",
        [
            "Is the name right? `edgevpn status` lists the interfaces there are.",
            "Is the USB network adapter plugged in?",
        ]);

    public static readonly Reason AddressConflict = new(
        "address-conflict", 17, ReasonLight.Wan, ReasonSeverity.Trouble,
        "The address or network the WAN received overlaps the LAN or a network behind a tunnel.",
        [
            "Change the LAN's network, or the modem's.",
            "Does the modem hand out 192.168.x addresses that are also used behind the box?",
        ]);

    public static readonly Reason SessionRefused = new(
        "session-refused", 18, ReasonLight.Wan, ReasonSeverity.Refusal,
        "The provider refuses the PPPoE session: it does not accept the user name or the password.",
        [
            "Are user name and password those of the provider's letter? Some want the user name with an ending, such as @provider.example.",
            "Does another session of the same line still stand, in an old router or in the modem itself?",
            "Has the provider blocked the line?",
        ]);

    internal static ImmutableArray<Reason> Line => [NoCarrier, NoAddress, NoGateway, NameNotResolved, NoInternet, InterfaceMissing, AddressConflict, SessionRefused];
}
