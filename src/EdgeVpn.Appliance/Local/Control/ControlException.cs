namespace EdgeVpn.Appliance.Local;

/// <summary>What stands between a client and the daemon.</summary>
public enum ControlFault
{
    /// <summary>Nobody listens there.</summary>
    NotRunning,

    /// <summary>This user may not ask.</summary>
    Forbidden,

    /// <summary>The connection ended before the answer did.</summary>
    Lost,

    /// <summary>An answer that this version cannot read.</summary>
    Garbled,

    /// <summary>The path cannot be a socket's.</summary>
    BadPath,

    /// <summary>Another daemon, or a file that is no socket, has the path.</summary>
    Taken,
}

/// <summary>The control socket could not be opened or asked; the message says why, and what helps.</summary>
public sealed class ControlException(ControlFault fault, string message, Exception? inner = null) : Exception(message, inner)
{
    public ControlFault Fault { get; } = fault;
}
