using EdgeVpn.Demo;
using EdgeVpn.Interop.Net;
using EdgeVpn.Interop.Processes;

namespace EdgeVpn.BoardTest.Machine;

/// <summary>Debian's disk as a machine gets it: with files of the story's, plain or with our package installed.</summary>
internal static class Card
{
    /// <summary>What becomes process 1 once: the package is installed, the rest is the story's.</summary>
    private const string Install = """
        #!/bin/sh
        export PATH=/usr/sbin:/usr/bin:/sbin:/bin LC_ALL=C.UTF-8
        mount -t tmpfs tmpfs /run
        mount -t tmpfs tmpfs /tmp
        dpkg -i /PACKAGE && { REST
        } && echo 'board: installed'
        rm -f /PACKAGE /install
        sync
        busybox mount -o remount,ro / 2>/dev/null
        busybox poweroff -f

        """;

    /// <summary>A copy of Debian's disk with files on it, each below the root under its own name.</summary>
    /// <returns>The card's file.</returns>
    public static async Task<string> CopyAsync(Lab lab, params IEnumerable<string> files)
    {
        var card = Path.Combine(lab.RunFolder, "card.img");
        (await Tool.RunAsync(["cp", "--sparse=always", BoardFiles.Disk, card])).Checked();
        var lines = files.SelectMany(static file => new[] { $"write {file} /{Path.GetFileName(file)}", $"sif /{Path.GetFileName(file)} mode 0100755" });
        (await Tool.RunAsync(["debugfs", "-w", "-f", "-", card], string.Join('\n', lines) + "\n")).Checked();
        return card;
    }

    /// <summary>The package on a card, as a box is made: by dpkg on a system that does not run yet, in an emulator without network.</summary>
    /// <param name="files">Beside the package, as for <see cref="CopyAsync"/>.</param>
    /// <param name="rest">Shell commands after <c>dpkg -i</c>.</param>
    /// <returns>The card's file.</returns>
    public static async Task<string> InstallAsync(Lab lab, IEnumerable<string> files, string rest, TimeSpan within)
    {
        var script = Path.Combine(lab.RunFolder, "install");
        await File.WriteAllTextAsync(script, Install.Replace("PACKAGE", Path.GetFileName(BoardFiles.Package), StringComparison.Ordinal).Replace("REST", rest, StringComparison.Ordinal));
        var card = await CopyAsync(lab, [script, BoardFiles.Package, .. files]);
        var installer = lab.Start(Node.Box, new DaemonSetup
        {
            Name = "installer",
            Command =
            [
                "qemu-system-aarch64", "-M", "virt", "-cpu", "cortex-a72", "-smp", "2", "-accel", "tcg,thread=multi", "-m", "1024", "-nographic", "-no-reboot", "-nic", "none",
                "-kernel", BoardFiles.Kernel, "-initrd", BoardFiles.FirstStage, "-append", "console=ttyAMA0 panic=-1 quiet board.init=/install",
                "-drive", $"file={card},format=raw,if=none,id=disk,cache=unsafe", "-device", "virtio-blk-pci,drive=disk",
            ],
        });
        await Until.TrueAsync("the package is installed and the machine goes off", within, () => !installer.IsRunning, installer.Log);
        return installer.Log().Contains("board: installed", StringComparison.Ordinal) ? card : throw new ChapterFailedException($"the package was not installed:\n{installer.Log()}");
    }
}
