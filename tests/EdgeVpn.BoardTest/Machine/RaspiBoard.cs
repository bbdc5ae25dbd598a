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

    private static readonly string DefinitionFile = Path.Combine(LabFolders.Repository, "board", Definition, "board.json");

    private readonly Qmp _qmp;

    private RaspiBoard(Qmp qmp)
    {
        _qmp = qmp;
        Lights = new LightWatch(Pins.OfBcm2835(qmp).Levels, LightWatch.LinesOf(BoardCatalog.Load(DefinitionFile).Definition!));
    }

    public LightWatch Lights { get; }

    /// <summary>Debian with our package on a card, and the board named.</summary>
    /// <returns>The card's file.</returns>
    public static async Task<string> MakeCardAsync(Lab lab, TimeSpan within)
    {
        var board = JsonNode.Parse(await File.ReadAllTextAsync(DefinitionFile))!.AsObject();
        board.Remove("button");
        var definition = Path.Combine(lab.RunFolder, "board.json");
        await File.WriteAllTextAsync(definition, board.ToJsonString());
        return await Card.InstallAsync(lab, [definition], """sed -i 's/^EDGEVPN_OPTIONS=.*/EDGEVPN_OPTIONS="--board \/board.json"/' /etc/default/edgevpn""", within);
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
