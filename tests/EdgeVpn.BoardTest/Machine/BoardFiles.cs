using EdgeVpn.Interop.Net;

namespace EdgeVpn.BoardTest.Machine;

/// <summary>What <c>scripts/board-test</c> made: Debian for the emulator, and our package.</summary>
internal static class BoardFiles
{
    /// <summary>Debian 12 for arm64, configured, with nothing of ours (<c>scripts/board/base-image</c>).</summary>
    public static string Disk { get; } = Named("root.img");

    public static string Kernel { get; } = Named("vmlinuz");

    public static string FirstStage { get; } = Named("initrd.gz");

    /// <summary>The devices of a Raspberry Pi 3 B, from Debian's kernel package.</summary>
    public static string RaspiDevices { get; } = Named("bcm2837-rpi-3-b.dtb");

    /// <summary>The newest arm64 package.</summary>
    public static string Package { get; } =
        Directory.GetFiles(Path.Combine(LabFolders.Artifacts, "package"), "edgevpn_*_arm64.deb").MaxBy(File.GetLastWriteTimeUtc)
        ?? throw new FileNotFoundException("no arm64 package: scripts/package arm64");

    /// <summary>Stops one thread of a process by ptrace(2) until it is killed: <c>scripts/board/hold-thread.c</c>, for arm64.</summary>
    public static string HoldThread { get; } = Path.Combine(LabFolders.Artifacts, "board", "hold-thread");

    /// <summary>The same tree under a higher version (<c>scripts/package --later</c>).</summary>
    public static string LaterPackage { get; } = Path.Combine(LabFolders.Artifacts, "board", "later.deb");

    /// <summary>The access provider that runs beside the box.</summary>
    public static string Provider { get; } = Path.Combine(LabFolders.Repository, "scripts", "board", "provider");

    private static string Named(string file) =>
        Path.Combine(Environment.GetEnvironmentVariable("EDGEVPN_BOARD_IMAGE") ?? throw new InvalidOperationException("EDGEVPN_BOARD_IMAGE is not set: run scripts/board-test"), file);
}
