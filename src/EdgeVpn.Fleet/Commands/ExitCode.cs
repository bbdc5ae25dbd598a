namespace EdgeVpn.Fleet.Commands;

/// <summary>What a command leaves behind for a script.</summary>
public static class ExitCode
{
    public const int Done = 0;

    /// <summary>It was tried and failed; the reason was printed.</summary>
    public const int Failed = 1;

    /// <summary>Wrong usage or an invalid configuration; nothing was tried.</summary>
    public const int Usage = 2;
}
