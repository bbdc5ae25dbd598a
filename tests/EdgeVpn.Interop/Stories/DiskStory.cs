using EdgeVpn.Interop.Net;
using EdgeVpn.Interop.Processes;
using Xunit;

namespace EdgeVpn.Interop.Stories;

/// <summary>A state folder of one megabyte: filled up, then read-only as a worn-out flash card makes itself.</summary>
[Trait("story", "disk")]
public sealed class DiskStory
{
    private const string DiskFull = "62";

    [Fact]
    public async Task A_full_or_read_only_disk_costs_no_tunnel_and_is_shown()
    {
        await using var lab = await Story.BeginAsync("disk");
        var box = new BoxProcess(lab, Node.Box);
        Directory.CreateDirectory(box.StateFolder);
        (await Tool.RunAsync(["mount", "-t", "tmpfs", "-o", "size=1m,mode=0700", "tmpfs", box.StateFolder])).Checked();
        try
        {
            await new BoxProcess(lab, Node.Gateway).StartAsync(StoryDocuments.Gateway());
            await box.StartAsync(StoryDocuments.Box());
            await box.UpAsync(StoryDocuments.Hub);

            var ballast = Path.Combine(box.StateFolder, "ballast");
            await Tool.RunAsync(["dd", "if=/dev/zero", "of=" + ballast, "bs=4k"]); // ends when nothing more goes in
            await box.CodeAsync(DiskFull);
            await WorksAsync(lab, box);
            File.Delete(ballast);
            await box.CodeAsync(null);

            (await Tool.RunAsync(["mount", "-o", "remount,ro", box.StateFolder])).Checked();
            await box.CodeAsync(DiskFull);
            await WorksAsync(lab, box);

            // A power cut, and nothing that could be written: it starts, and works.
            await box.KillAsync();
            await box.StartAgainAsync();
            await box.UpAsync(StoryDocuments.Hub);
            await box.CodeAsync(DiskFull);
            await WorksAsync(lab, box);
        }
        finally
        {
            await Tool.RunAsync(["umount", "-l", box.StateFolder]);
        }
    }

    private static async Task WorksAsync(Lab lab, BoxProcess box)
    {
        await Story.EchoesPassAsync(lab);
        (await box.CommandAsync("rekey", "--child", StoryDocuments.Hub)).Checked();
        await Story.EchoesPassAsync(lab);
    }
}
