using EdgeVpn.Fleet.Web.Desk;
using EdgeVpn.Fleet.Web.Live;
using EdgeVpn.Fleet.Web.Sign;
using EdgeVpn.Fleet.Web.Store;

namespace EdgeVpn.Fleet.Web;

/// <summary>What the console's routes work with.</summary>
internal sealed record ConsoleParts
{
    public required TimeProvider Time { get; init; }

    public required AccountStore Accounts { get; init; }

    public required AuditLog Audit { get; init; }

    public required BoxStore Boxes { get; init; }

    public required TelemetryStore Telemetry { get; init; }

    public required Sessions Sessions { get; init; }

    public required SignInGuard Guard { get; init; }

    public required KnownBrowsers Browsers { get; init; }

    public required RefusedSignIns Refused { get; init; }

    public required FirstLink First { get; init; }

    public required FleetFeed Feed { get; init; }

    public required OrderDesk Orders { get; init; }

    /// <summary>Null: local accounts only.</summary>
    public OidcClient? Oidc { get; init; }

    public required RolloutDesk Rollouts { get; init; }

    public required EnrolDesk Enrolment { get; init; }

    /// <summary>The console ends: what waits for ever does not.</summary>
    public required CancellationToken Stopping { get; init; }
}
