using System.Collections.Immutable;
using EdgeVpn.Board;
using EdgeVpn.Board.Definitions;
using EdgeVpn.BoardTest.Panel;
using EdgeVpn.Interop.Net;
using EdgeVpn.Interop.Processes;

namespace EdgeVpn.BoardTest.Machine;

/// <summary>The emulated board in the lab's place for the box: its two Ethernet ports are bridged to the links that the box had.</summary>
/// <remarks>
/// <code>
///   BranchLan ── lan0 [bridge] tap ── second virtio NIC  ┐
///                                                        ├ QEMU -M virt, Debian's kernel, board/qemu-virt
///   Internet  ── wan0 [bridge] tap ── first virtio NIC   ┘
/// </code>
/// </remarks>
internal sealed class VirtBoard : IDisposable
{
    public const string Wan = "enp0s1", Lan = "enp0s2";

    private readonly Lab _lab;
    private readonly Qmp _qmp;
    private readonly Pins _pins;
    private readonly BoardDefinition _definition;
    private readonly string _consoleFile;

    private VirtBoard(Lab lab, Daemon emulator, Qmp qmp, Pins pins, BoardDefinition definition, string folder, string console)
    {
        (_lab, Emulator, _qmp, _pins, _definition, _consoleFile) = (lab, emulator, qmp, pins, definition, console);
        Shell = new GuestShell(Path.Combine(folder, "shell"), lab.Journal);
        Lights = new LightWatch(pins.Levels, LightWatch.LinesOf(definition));
    }

    public Daemon Emulator { get; }

    public GuestShell Shell { get; }

    public LightWatch Lights { get; }

    /// <summary>What the serial console said since the first power-on.</summary>
    public string Console => File.Exists(_consoleFile) ? File.ReadAllText(_consoleFile) : "";

    /// <summary>Builds the board around a disk whose changes are gone with the emulator. It has no power yet: <see cref="PowerOn"/>.</summary>
    public static async Task<VirtBoard> BuildAsync(Lab lab)
    {
        await BridgeAsync(lab, "wan");
        await BridgeAsync(lab, "lan");
        var folder = Directory.CreateDirectory(Path.Combine(lab.RunFolder, "board")).FullName;
        var console = Path.Combine(lab.EvidenceFolder, "console.log");
        var parcel = Path.Combine(folder, "parcel.tar");
        (await Tool.RunAsync(["tar", "-cf", parcel, "-C", Path.GetDirectoryName(BoardFiles.Package)!, Path.GetFileName(BoardFiles.Package), "-C", Path.GetDirectoryName(BoardFiles.HoldThread)!, Path.GetFileName(BoardFiles.HoldThread)])).Checked();

        var emulator = lab.Start(Node.Box, new DaemonSetup { Name = "emulator", Command = Command(folder, console, parcel) });
        var qmp = await Qmp.ConnectAsync(emulator, Path.Combine(folder, "qmp"));
        var definition = BoardCatalog.Load(Path.Combine(LabFolders.Repository, "board", "qemu-virt", "board.json")).Definition!;
        return new VirtBoard(lab, emulator, qmp, Pins.OfPl061(qmp, Path.Combine(folder, "test")), definition, folder, console);
    }

    /// <summary>How often the hardware's watchdog has barked; heard because the lights are looked at all the time.</summary>
    public int WatchdogResets => _qmp.Events.GetValueOrDefault("WATCHDOG");

    public void PowerOn() => _qmp.Execute("cont");

    /// <summary>Power is cut and comes back: nothing is told, nothing is synchronised.</summary>
    public void CutPower()
    {
        _qmp.Execute("system_reset");
        Lights.Forget();
        Shell.Reset();
    }

    /// <summary>Puts the WAN's cable in or pulls it out: the guest loses or gets its carrier.</summary>
    public void Cable(bool isIn) => _qmp.Execute("set_link", ("name", "wan-port"), ("up", isIn));

    /// <summary>Holds the button until <paramref name="until"/> has happened, then lets go.</summary>
    public async Task HoldUntilAsync(Func<Task> until)
    {
        Lights.Forget();
        _pins.Drive(_definition.Button!.Gpio!.Value, high: !_definition.Button.ActiveLow);
        try
        {
            await until();
        }
        finally
        {
            _pins.Drive(_definition.Button.Gpio.Value, high: _definition.Button.ActiveLow);
        }
    }

    public void Dispose()
    {
        Lights.Dispose();
        Shell.Dispose();
        _pins.Dispose();
        _qmp.Dispose();
    }

    private static ImmutableArray<string> Command(string folder, string console, string parcel) =>
    [
        "qemu-system-aarch64", "-M", "virt", "-cpu", "cortex-a72", "-smp", "2", "-accel", "tcg,thread=multi", "-m", "1024", "-S",
        "-display", "none", "-serial", $"file:{console}", "-monitor", "none",
        "-qmp", $"unix:{folder}/qmp,server=on,wait=off", "-qtest", $"unix:{folder}/test,server=on,wait=off", "-qtest-log", "none",
        "-kernel", BoardFiles.Kernel, "-initrd", BoardFiles.FirstStage, "-append", "console=ttyAMA0 panic=0 quiet",
        // board/qemu-virt/board.json names the ports by their places on the bus.
        "-netdev", "tap,id=wan,ifname=tapwan,script=no,downscript=no", "-device", "virtio-net-pci,id=wan-port,netdev=wan,addr=1,romfile=",
        "-netdev", "tap,id=lan,ifname=taplan,script=no,downscript=no", "-device", "virtio-net-pci,id=lan-port,netdev=lan,addr=2,romfile=",
        "-drive", $"file={BoardFiles.Disk},format=raw,if=none,id=disk,snapshot=on", "-device", "virtio-blk-pci,drive=disk,addr=3",
        "-drive", $"file={parcel},format=raw,if=none,id=parcel,readonly=on", "-device", "virtio-blk-pci,drive=parcel,addr=4",
        "-device", "virtio-serial-pci,addr=5", "-chardev", $"socket,path={folder}/shell,server=on,wait=off,id=shell", "-device", "virtserialport,chardev=shell,name=board.shell",
        "-device", "i6300esb,addr=6", "-action", "watchdog=reset",
    ];

    private static Task<ToolResult> BridgeAsync(Lab lab, string port) => lab.RunAsync(Node.Box, ["ip", "-batch", "-"], $"""
        addr flush dev {port}0
        link add br{port} type bridge
        tuntap add tap{port} mode tap
        link set {port}0 master br{port}
        link set tap{port} master br{port}
        link set tap{port} up
        link set br{port} up

        """);
}
