using System.Collections.Immutable;

namespace EdgeVpn.Interop.Peers;

/// <summary>An end of a tunnel that a scenario plays with: a strongSwan, or our box or gateway.</summary>
public interface IVpnEnd : IAsyncDisposable
{
    /// <summary>Name and version for the results.</summary>
    string Product { get; }

    /// <summary>The product encapsulates in UDP even without NAT.</summary>
    bool AlwaysUdp { get; }

    /// <summary>Nothing protected leaves it in clear, also without a tunnel and without its daemon.</summary>
    bool GuardsClearText { get; }

    /// <summary>Brings a tunnel that its peer took down up again by itself, whatever its configuration says.</summary>
    bool KeepsUp { get; }

    TunnelEnd Configuration { get; }

    /// <summary>Runs with its configuration loaded when the task completes. Also after a stop or kill, with the same configuration.</summary>
    Task StartAsync();

    /// <summary>Asks for the tunnel and waits until the product says yes or no.</summary>
    /// <returns>Whether it says the tunnel is up.</returns>
    Task<bool> InitiateAsync();

    /// <summary>Takes the tunnel down with a delete towards the peer.</summary>
    Task TerminateAsync();

    Task RekeyIkeAsync();

    Task RekeyChildAsync();

    /// <summary>Asks for a new IKE SA for which both ends prove who they are again; only the end that called can.</summary>
    Task ReauthenticateAsync();

    Task<ImmutableArray<IkeSaStatus>> SasAsync();

    /// <summary>Null as long as nothing went wrong.</summary>
    Task<TunnelFault?> FaultAsync();

    /// <summary>Ends in good order: the peer gets a delete.</summary>
    Task StopAsync();

    /// <summary>SIGKILL: the peer gets nothing.</summary>
    Task KillAsync();
}
