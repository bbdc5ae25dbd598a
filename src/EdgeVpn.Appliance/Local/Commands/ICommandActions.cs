using EdgeVpn.Appliance.Crypto;

namespace EdgeVpn.Appliance.Local.Commands;

/// <summary>What the command tree cannot do by itself: be the daemon.</summary>
public interface ICommandActions
{
    /// <summary><c>edgevpn run</c>, until stopped.</summary>
    /// <param name="options">As typed; files are not read yet.</param>
    /// <param name="stop">SIGINT or SIGTERM came.</param>
    /// <returns>An <see cref="ExitCode"/>.</returns>
    Task<int> RunAsync(RunOptions options, CancellationToken stop);

    /// <summary><c>edgevpn gateway</c>, until stopped.</summary>
    Task<int> GatewayAsync(GatewayOptions options, CancellationToken stop);

    /// <summary>Whose code the daemon computes with: <c>selftest</c> holds all of it against the plain one.</summary>
    CryptoProviders Crypto => CryptoProviders.OfThisMachine();
}

/// <summary>What the process returns.</summary>
public static class ExitCode
{
    public const int Done = 0;

    /// <summary>Tried, and failed; the reason is printed.</summary>
    public const int Failed = 1;

    /// <summary>Wrong usage, or an invalid configuration.</summary>
    public const int Usage = 2;

    public const int NotRunning = 3;
}
