using EdgeVpn.Interop.Net;
using EdgeVpn.Interop.Processes;

namespace EdgeVpn.BoardTest.Machine;

/// <summary>A USB stick as an office has them: one partition, FAT, called EDGEVPN.</summary>
internal static class Stick
{
    private const string Start = "1M"; // 2,048 sectors

    /// <param name="files">Name on the stick and text.</param>
    /// <returns>The stick's octets.</returns>
    public static async Task<string> MakeAsync(Lab lab, params (string Name, string Text)[] files)
    {
        var image = Path.Combine(lab.RunFolder, "stick.img");
        (await Tool.RunAsync(["truncate", "-s", "8M", image])).Checked();
        (await Tool.RunAsync(["sfdisk", "--quiet", image], "2048,,c\n")).Checked();
        (await Tool.RunAsync(["mkfs.vfat", "-n", "EDGEVPN", "--offset", "2048", image, "7168"])).Checked();
        foreach (var (name, text) in files) (await Tool.RunAsync(["mcopy", "-i", $"{image}@@{Start}", "-", $"::{name}"], text)).Checked();
        return image;
    }
}
