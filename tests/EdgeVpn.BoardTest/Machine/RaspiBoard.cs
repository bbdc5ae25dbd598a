using System.Collections.Immutable;
using System.Text.Json.Nodes;
using EdgeVpn.Board.Definitions;
using EdgeVpn.BoardTest.Panel;
using EdgeVpn.Demo;
using EdgeVpn.Interop.Net;
using EdgeVpn.Interop.Processes;

namespace EdgeVpn.BoardTest.Machine;

/// <summary>QEMU <c>-M raspi3b</c> with a card that our package was installed on: the chip of the Zero 2 W, hence that board's definition.</summary>
/// <remarks>
/// Its lights are seen; nothing can be pressed. QEMU's GPIO controller of that machine has neither inputs to drive nor pull-ups, so a button to ground
/// would be held for ever: the definition is taken without it. The watchdog is left alone: it resets at once.
/// </remarks>
internal sealed class RaspiBoard : IDisposable
{
    public const string Definition = "raspberry-pi-zero-2w";

    /// <summary>What becomes process 1 once, on the other emulated machine, which is quicker: the package is installed, the board is named.</summary>
    private const string Install = """
        #!/bin/sh
        export PATH=/usr/sbin:/usr/bin:/sbin:/bin LC_ALL=C.UTF-8
        mount -t tmpfs tmpfs /run
        mount -t tmpfs tmpfs /tmp
        dpkg -i /edgevpn.deb && sed -i 's/^EDGEVPN_OPTIONS=.*/EDGEVPN_OPTIONS="--board \/board.json"/' /etc/default/edgevpn && echo 'board: installed'
        rm -f /edgevpn.deb /install
        sync
        busybox mount -o remount,ro / 2>/dev/null
        busybox poweroff -f

        """;

    private static readonly string DefinitionFile = Path.Combine(LabFolders.Repository, "board", Definition, "board.json");

    private readonly Qmp _qmp;

    private RaspiBoard(Qmp qmp)
    {
        _qmp = qmp;
        Lights = new LightWatch(Pins.OfBcm2835(qmp).Levels, LightWatch.LinesOf(BoardCatalog.Load(DefinitionFile).Definition!));
    }

    public LightWatch Lights { get; }

    /// <summary>Debian with our package on a card.</summary>
    /// <returns>The card's file.</returns>
    public static async Task<string> MakeCardAsync(Lab lab, TimeSpan within)
    {
        var (card, script) = (Path.Combine(lab.RunFolder, "card.img"), Path.Combine(lab.RunFolder, "install"));
        var board = JsonNode.Parse(await File.ReadAllTextAsync(DefinitionFile))!.AsObject();
        board.Remove("button");
        var definition = Path.Combine(lab.RunFolder, "board.json");
        await File.WriteAllTextAsync(definition, board.ToJsonString());
        (await Tool.RunAsync(["cp", "--sparse=always", BoardFiles.Disk, card])).Checked();
        await File.WriteAllTextAsync(script, Install);
        var written = await Tool.RunAsync(["debugfs", "-w", "-f", "-", card], $"write {script} /install\nsif /install mode 0100755\nwrite {BoardFiles.Package} /edgevpn.deb\nwrite {definition} /board.json\n");
        written.Checked();
        var installer = lab.Start(Node.Box, new DaemonSetup
        {
            Name = "installer",
            Command =
            [
                "qemu-system-aarch64", "-M", "virt", "-cpu", "cortex-a72", "-smp", "2", "-m", "1024", "-nographic", "-no-reboot", "-nic", "none",
                "-kernel", BoardFiles.Kernel, "-initrd", BoardFiles.FirstStage, "-append", "console=ttyAMA0 panic=-1 quiet board.init=/install",
                "-drive", $"file={card},format=raw,if=none,id=disk,cache=unsafe", "-device", "virtio-blk-pci,drive=disk",
            ],
        });
        await Until.TrueAsync("the package is installed and the machine goes off", within, () => !installer.IsRunning, installer.Log);
        return installer.Log().Contains("board: installed", StringComparison.Ordinal) ? card : throw new ChapterFailedException($"the package was not installed:\n{installer.Log()}");
    }

    public static async Task<RaspiBoard> PowerOnAsync(Lab lab, string card)
    {
        var socket = Path.Combine(lab.RunFolder, "raspi.qmp");
        var emulator = lab.Start(Node.Box, new DaemonSetup { Name = "raspi", Command = Command(card, socket, Path.Combine(lab.EvidenceFolder, "raspi-console.log")) });
        return new RaspiBoard(await Qmp.ConnectAsync(emulator, socket));
    }

    public void Dispose()
    {
        Lights.Dispose();
        _qmp.Dispose();
    }

    private static ImmutableArray<string> Command(string card, string socket, string console) =>
    [
        "qemu-system-aarch64", "-M", "raspi3b", "-accel", "tcg,thread=multi", "-display", "none", "-monitor", "none", "-serial", "null", "-serial", $"file:{console}",
        "-qmp", $"unix:{socket},server=on,wait=off",
        "-kernel", BoardFiles.Kernel, "-initrd", BoardFiles.FirstStage, "-dtb", BoardFiles.RaspiDevices, "-append", "console=ttyS1,115200 panic=0",
        "-drive", $"file={card},format=raw,if=sd,cache=unsafe",
    ];
}
