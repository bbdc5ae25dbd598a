namespace EdgeVpn.BoardTest.Machine;

/// <summary>What an emulated board is built with.</summary>
/// <param name="Disk">Raw; what is written to it while it runs is forgotten with the emulator.</param>
internal sealed record BoardSetup(string Disk)
{
    /// <summary>Two more ports, for a provider on board.</summary>
    public bool HasProvider { get; init; }

    /// <summary>Besides, on the kernel's command line.</summary>
    public string KernelWords { get; init; } = "";
}
