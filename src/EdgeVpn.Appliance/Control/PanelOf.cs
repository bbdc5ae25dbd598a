using EdgeVpn.Board;
using EdgeVpn.Model.Reasons;
using EdgeVpn.Model.Twin;

namespace EdgeVpn.Appliance.Control;

/// <summary>From what is known of the box to what its lights say: the tables of the technician's card.</summary>
public static class PanelOf
{
    public static PanelHealth Health(BoxFacts facts, PanelModes modes)
    {
        var worst = facts.Reasons.Worst();
        return new PanelHealth(
            facts.IsStarting ? PowerState.Starting
            : facts.IsUpdating ? PowerState.Updating
            : worst is { Reason.Severity: not ReasonSeverity.Notice } ? PowerState.Fault : PowerState.Running,
            Wan(facts),
            Vpn(facts),
            Cloud(facts),
            worst?.Reason.Digits,
            modes);
    }

    private static WanState Wan(BoxFacts facts)
    {
        if (!facts.Wan.HaveCarrier) return WanState.NoCarrier;
        if (!facts.Wan.HaveAddress) return WanState.WaitingForAddress;
        return facts.Reasons.SomethingAnswers ? WanState.Answers : WanState.NothingAnswers;
    }

    private static VpnState Vpn(BoxFacts facts)
    {
        var wanted = facts.Connections.Where(static c => c.State != ConnectionState.Off).ToList();
        if (wanted.Count == 0) return VpnState.NotConfigured;
        var up = wanted.Count(static c => c.State == ConnectionState.Up);
        if (up == wanted.Count) return VpnState.AllUp;
        if (up > 0) return VpnState.SomeUp;
        return wanted.Exists(static c => c.State == ConnectionState.Refused) ? VpnState.Refused : VpnState.Negotiating;
    }

    private static CloudState Cloud(BoxFacts facts) => facts.Cloud switch
    {
        null => CloudState.NotEnrolled,
        { Document: not null } => CloudState.Refused,
        { Connected: false } => CloudState.Connecting,
        { State: DocumentState.Staged or DocumentState.Applied or DocumentState.Received, Newest: not null } => CloudState.Applying,
        _ => CloudState.Confirmed,
    };
}
