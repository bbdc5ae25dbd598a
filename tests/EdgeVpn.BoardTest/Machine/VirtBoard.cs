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
/// With a provider on board, the first NIC is bridged to a third, and the fourth has the first's place: both are for a namespace of the guest's
/// (<c>scripts/board/provider</c>), whose kernel has the VLANs and sessions that the machine outside may lack.
/// <code>
///                  line [bridge] tap ── first virtio NIC
///                          └──── tap ── third  ┐ provider
///   Internet  ── wan0 [bridge] tap ──── fourth ┘
/// </code>
/// </remarks>
internal sealed class VirtBoard : IDisposable
{
    public const string Wan = "enp0s1", Lan = "enp0s2";

    /// <summary>Outside, in the box's place: the wire between box and provider.</summary>
    public const string Line = "brline";

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
    public static async Task<VirtBoard> BuildAsync(Lab lab, BoardSetup setup)
    {
        await BridgeAsync(lab, "brlan", "lan0", "taplan");
        if (setup.HasProvider)
        {
            await BridgeAsync(lab, Line, null, "tapwan", "tapline");
            await BridgeAsync(lab, "brwan", "wan0", "tapup");
        }
        else
        {
            await BridgeAsync(lab, "brwan", "wan0", "tapwan");
        }

        var folder = Directory.CreateDirectory(Path.Combine(lab.RunFolder, "board")).FullName;
        var console = Path.Combine(lab.EvidenceFolder, "console.log");
        var emulator = lab.Start(Node.Box, new DaemonSetup { Name = "emulator", Command = Command(folder, console, setup) });
        var qmp = await Qmp.ConnectAsync(emulator, Path.Combine(folder, "qmp"));
        var definition = BoardCatalog.Load(Path.Combine(LabFolders.Repository, "board", "qemu-virt", "board.json")).Definition!;
        return new VirtBoard(lab, emulator, qmp, Pins.OfPl061(qmp, Path.Combine(folder, "test")), definition, folder, console);
    }

    /// <summary>How often the hardware's watchdog has barked; heard because the lights are looked at all the time.</summary>
    public int WatchdogResets => _qmp.Events.GetValueOrDefault("WATCHDOG");

    /// <summary>What the emulator has had of the machine's processors, whatever else these had to do; null: it is gone.</summary>
    public TimeSpan? ProcessorTime
    {
        get
        {
            if (!Emulator.IsRunning) return null;
            using var process = System.Diagnostics.Process.GetProcessById(Emulator.ProcessId);
            return process.TotalProcessorTime;
        }
    }

    public void PowerOn() => _qmp.Execute("cont");

    /// <summary>Puts the WAN's cable in or pulls it out: the guest loses or gets its carrier.</summary>
    public void Cable(bool isIn) => _qmp.Execute("set_link", ("name", "wan-port"), ("up", isIn));

    /// <summary>Plugs a stick in, or pulls it out again.</summary>
    /// <param name="image">Its octets; null: out.</param>
    public void Stick(string? image)
    {
        if (image is null)
        {
            _qmp.Execute("device_del", ("id", "stick"));
            return;
        }

        _qmp.Execute("blockdev-add", ("node-name", "stick-octets"), ("driver", "file"), ("filename", image));
        _qmp.Execute("device_add", ("driver", "usb-storage"), ("id", "stick"), ("bus", "usb.0"), ("drive", "stick-octets"));
    }

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

    private static ImmutableArray<string> Command(string folder, string console, BoardSetup setup) =>
    [
        "qemu-system-aarch64", "-M", "virt", "-cpu", "cortex-a72", "-smp", "2", "-accel", "tcg,thread=multi", "-m", "1024", "-S",
        "-display", "none", "-serial", $"file:{console}", "-monitor", "none",
        "-qmp", $"unix:{folder}/qmp,server=on,wait=off", "-qtest", $"unix:{folder}/test,server=on,wait=off", "-qtest-log", "none",
        "-kernel", BoardFiles.Kernel, "-initrd", BoardFiles.FirstStage, "-append", $"console=ttyAMA0 panic=0 quiet {setup.KernelWords}",
        // board/qemu-virt/board.json names the ports by their places on the bus.
        .. Port("wan", 1), .. Port("lan", 2),
        .. setup.HasProvider ? [.. Port("line", 7), .. Port("up", 8)] : ImmutableArray<string>.Empty,
        "-drive", $"file={setup.Disk},format=raw,if=none,id=disk,snapshot=on", "-device", "virtio-blk-pci,drive=disk,addr=3",
        "-device", "virtio-serial-pci,addr=5", "-chardev", $"socket,path={folder}/shell,server=on,wait=off,id=shell", "-device", "virtserialport,chardev=shell,name=board.shell",
        "-device", "i6300esb,addr=6", "-action", "watchdog=reset",
        "-device", "qemu-xhci,id=usb,addr=9",
    ];

    private static ImmutableArray<string> Port(string name, int place) =>
        ["-netdev", $"tap,id={name},ifname=tap{name},script=no,downscript=no", "-device", $"virtio-net-pci,id={name}-port,netdev={name},addr={place},romfile="];

    /// <param name="port">Of the box's namespace; null: the wire joins taps only.</param>
    private static Task<ToolResult> BridgeAsync(Lab lab, string name, string? port, params ImmutableArray<string> taps)
    {
        List<string> lines = [$"link add {name} type bridge"];
        if (port is not null) lines.AddRange([$"addr flush dev {port}", $"link set {port} master {name}"]);
        foreach (var tap in taps) lines.AddRange([$"tuntap add {tap} mode tap", $"link set {tap} master {name}", $"link set {tap} up"]);
        return lab.RunAsync(Node.Box, ["ip", "-batch", "-"], string.Join('\n', [.. lines, $"link set {name} up", ""]));
    }
}
