using System.Net;
using EdgeVpn.Appliance.Pki;
using EdgeVpn.Ipsec;
using EdgeVpn.Ipsec.Ike;

namespace EdgeVpn.Appliance.Control;

/// <summary>What the engine is told of the connections.</summary>
public sealed partial class ConnectionManager
{
    /// <summary>The engine's view of the connections, as far as addresses are known by now.</summary>
    private void TellEngine(Instant now) => _engine.Handle(
        new IkeInput.Configure(_isEnding ? [] : [.. _live.Values.Where(static live => live.Credential is not null).Select(ToEngine)]), now);

    /// <summary>What cannot be read is this connection's trouble alone: the others work.</summary>
    private void LoadCredential(LiveConnection live)
    {
        try
        {
            (live.Credential, live.Ppk, live.CredentialProblem) = (_credentials.Of(live.Plan), CredentialStore.PpkOf(live.Plan), null);
        }
        catch (PkiException problem)
        {
            (live.Credential, live.Ppk, live.CredentialProblem) = (null, null, problem.Message);
        }
    }

    /// <summary>Made anew only when something of it changed: a gateway with a thousand connections is told of them whenever one moves.</summary>
    private IkeConnection ToEngine(LiveConnection live)
    {
        var view = new EngineView(live.Plan, live.Endpoint, live.Resolved, live.LocalAddress ?? live.Plan.Config.Local.Address, live.Credential, live.Ppk, live.IsWanted);
        if (live.Told is not { } told || told.Of != view) live.Told = told = (view, ToEngine(view));
        return live.Plan.Config is { Ike.Mobike: true, Local.Address: null } // a written address is the only one meant
            ? told.Connection with { AdditionalAddresses = [.. WanAddresses().Where(address => !address.Equals(view.LocalAddress)).Select(IpAddress.From)] }
            : told.Connection;
    }

    private IkeConnection ToEngine(EngineView view)
    {
        var fixedAddresses = view.Plan.Endpoints.Select(static e => e.Address.Address).OfType<IPAddress>();
        var addresses = view.Plan.IsAnyPeer ? [] : fixedAddresses.Concat(view.Resolved ?? []).ToList();
        var connection = Habits(view.Plan.ToEngine(view.Endpoint, addresses, view.LocalAddress, view.Credential!, view.Ppk, _algorithms));
        return view.IsWanted ? connection : connection with { Mode = Ipsec.Ike.ConnectionMode.InitiatorOnly }; // down means down for the peer's calls too
    }
}
