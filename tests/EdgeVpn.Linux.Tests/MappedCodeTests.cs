using System.Text;
using Xunit;

namespace EdgeVpn.Linux.Tests;

public sealed class MappedCodeTests
{
    [Fact]
    public void What_somebody_wrote_to_and_what_is_no_code_stays()
    {
        string[] smaps =
        [
            .. Area("1000-3000 r-xp 00000000 fe:00 7    /usr/bin/program", resident: 8, anonymous: 0),
            .. Area("3000-4000 r--p 00002000 fe:00 7    /usr/bin/program", resident: 4, anonymous: 0),
            .. Area("4000-5000 r--p 00003000 fe:00 7    /usr/bin/program", resident: 4, anonymous: 4), // relocated, then read-only
            .. Area("5000-6000 rw-p 00004000 fe:00 7    /usr/bin/program", resident: 4, anonymous: 0),
            .. Area("6000-7000 rw-p 00000000 00:00 0 ", resident: 4, anonymous: 4),
            .. Area("7000-8000 r--p 00000000 fe:00 9    /var/lib/data", resident: 4, anonymous: 0),
            .. Area("8000-9000 r--s 00000000 fe:00 7    /usr/bin/program", resident: 4, anonymous: 0),
            .. Area("9000-a000 r-xp 00000000 00:00 0    [vdso]", resident: 4, anonymous: 0),
        ];
        Assert.Equal(
            [new MappedCode.Area("/usr/bin/program", 0x1000, 0x2000), new MappedCode.Area("/usr/bin/program", 0x3000, 0x1000)],
            MappedCode.Unwritten(new MemoryStream(Encoding.ASCII.GetBytes(string.Join('\n', smaps) + "\n"))));
    }

    [Fact]
    public void Code_that_was_let_go_runs_on()
    {
        var before = MappedCode.Resident;
        MappedCode.LetGo();
        Assert.True(before - MappedCode.Resident > 1_048_576, $"{before} before, {MappedCode.Resident} after"); // the runtime alone is more
        GC.Collect();
    }

    private static string[] Area(string head, int resident, int anonymous) =>
        [head, "Size:                  8 kB", $"Rss:                   {resident} kB", "Private_Clean:         4 kB", $"Anonymous:             {anonymous} kB", "VmFlags: rd mr mw me"];
}
