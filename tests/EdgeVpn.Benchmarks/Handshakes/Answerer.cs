using EdgeVpn.Benchmarks.Tunnels;
using EdgeVpn.Interop.Net;
using EdgeVpn.Interop.Peers;
using EdgeVpn.Interop.Processes;

namespace EdgeVpn.Benchmarks.Handshakes;

/// <summary>The end that answers, alone in a lab with its callers.</summary>
internal sealed class Answerer : IAsyncDisposable
{
    private const string Esp = "aes256gcm16";
    private readonly Lab _lab;
    private readonly IVpnEnd _end;

    private Answerer(Lab lab, IVpnEnd end, Daemon daemon, Callers callers) => (_lab, _end, Daemon, Callers) = (lab, end, daemon, callers);

    public Daemon Daemon { get; }

    public Callers Callers { get; }

    /// <param name="executable">Ours; null is strongSwan.</param>
    /// <param name="ike">One proposal, in the keywords of both.</param>
    public static async Task<Answerer> StartAsync(string? executable, string ike)
    {
        var configuration = TunnelEnd.Cloud with
        {
            Ike = ike,
            Esp = Esp,
            PeerIdentity = "%any",
            Quiet = true,
            RemoteSelectors = ["10.64.0.0/10"],
            RemoteNetworks = ["10.64.0.0/10"],
            Authentication = new Authentication.Psk(Callers.Secret),
        };
        var lab = await DirectLab.StartAsync(executable is null ? "answer-strongswan" : "answer-ours");
        try
        {
            if (executable is not null)
            {
                var ours = new ApplianceEnd(lab, configuration, executable: executable);
                await ours.StartAsync();
                return new Answerer(lab, ours, ours.Daemon!, new Callers(lab, ike, Esp));
            }

            var theirs = new StrongSwan(lab, StrongSwanRelease.Debian12, configuration);
            await theirs.StartAsync();
            return new Answerer(lab, theirs, theirs.Daemon!, new Callers(lab, ike, Esp));
        }
        catch
        {
            await lab.DisposeAsync();
            throw;
        }
    }

    public async ValueTask DisposeAsync()
    {
        Callers.Dispose();
        await _end.DisposeAsync();
        await _lab.DisposeAsync();
    }
}
