using System.Collections.Immutable;
using System.Net;
using EdgeVpn.Model.Proposals;
using EdgeVpn.Model.Twin;

namespace EdgeVpn.Appliance.Local.Commands;

/// <summary>What <c>run</c> and <c>gateway</c> have in common.</summary>
public abstract record DaemonOptions
{
    /// <summary>Read if no <c>--config</c> is given and the file exists.</summary>
    public const string StandardConfigFile = "/etc/edgevpn/config.json";

    public const string StandardStateFolder = "/var/lib/edgevpn";

    /// <summary>The document to start with; null: nothing was said, so <see cref="StandardConfigFile"/> if there is one.</summary>
    public string? ConfigFile { get; init; }

    public string StateFolder { get; init; } = StandardStateFolder;

    /// <summary>The control socket.</summary>
    public string ControlPath { get; init; } = Local.ControlPath.Standard;

    /// <summary>A board by name or file; null: find out which it is.</summary>
    public string? Board { get; init; }

    /// <summary>Laboratories only: the file that keys are appended to, so that a capture can be read; null: no key leaves the process.</summary>
    public string? ExportKeysFile { get; init; }
}

/// <summary><c>edgevpn run</c>: the box.</summary>
public sealed record RunOptions : DaemonOptions
{
    /// <summary>Certificate and private key that the box shows its broker, PEM; null: those in the state folder, if it was enrolled.</summary>
    public string? IdentityFile { get; init; }

    /// <summary>Where the first document comes from if there is none; null: from file or state folder only.</summary>
    public BootstrapOptions? Bootstrap { get; init; }
}

/// <summary>All that a box without a document must be told.</summary>
/// <param name="Broker">The operator's broker.</param>
/// <param name="Identity">Fleet and device: where in its topics.</param>
/// <param name="Insecure">Plain TCP to a broker elsewhere is meant so.</param>
public sealed record BootstrapOptions(BrokerAddress Broker, TwinIdentity Identity, bool Insecure);

/// <summary><c>edgevpn gateway</c>: the same engine as the cloud's side.</summary>
public sealed record GatewayOptions : DaemonOptions
{
    /// <summary>Whose habits to take on; null: none's.</summary>
    public GatewayKind? As { get; init; }

    /// <summary>The custom policy of the cloud's connection; null: its default set. Only with <see cref="As"/>.</summary>
    public AzurePolicy? Policy { get; init; }

    /// <summary>A configuration from the command line instead of a file; null: from the file.</summary>
    public QuickGateway? Quick { get; init; }
}

/// <summary>Whose gateway we play.</summary>
public enum GatewayKind
{
    /// <summary>Azure's VPN gateway: its proposals, lifetimes, rekey times and refusals.</summary>
    Azure,
}

/// <summary>A gateway for one kind of branch, told in a few words.</summary>
/// <param name="Psk">The pre-shared key.</param>
/// <param name="LocalIdentity">What we show; null: our address.</param>
/// <param name="RemoteIdentity">What branches must show; null: whatever the holder of the key shows.</param>
/// <param name="LocalNetworks">Behind us.</param>
/// <param name="RemoteNetworks">Behind the branches.</param>
/// <param name="WanAddress">Where we answer; null: on every address.</param>
public sealed partial record QuickGateway(
    string Psk, string? LocalIdentity, string? RemoteIdentity,
    ImmutableArray<IPNetwork> LocalNetworks, ImmutableArray<IPNetwork> RemoteNetworks, IPAddress? WanAddress)
{
    /// <summary>Where the one branch is; null: anywhere, and then nobody can call it.</summary>
    public IPAddress? Peer { get; init; }

    public override string ToString() => $"gateway of {LocalIdentity ?? "?"} for {RemoteIdentity ?? "any"}"; // a record's own would print the key
}
