using System.Text;
using Xunit;

namespace EdgeVpn.Linux.Tests;

public sealed class ChildProcessTests
{
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(10);

    [Fact]
    public void It_has_the_descriptors_it_was_given_no_right_and_no_environment_of_ours()
    {
        using var inheritable = new Descriptor(Libc.fcntl_value(2, command: 0, 20)); // F_DUPFD: stays open in whatever is started
        var (ours, childs) = ChildProcess.Line();
        using var _ = ours;
        using var child = ChildProcess.Start("/bin/sh", ["-c", "cd /proc/$$/fd; echo * >&3; grep -E 'Cap(Inh|Prm|Eff|Amb)|NoNewPrivs' ../status >&3; env >&3"], ["GIVEN=1"], childs);
        childs.Dispose();

        var said = new StringBuilder();
        var buffer = new byte[4_096];
        while (ours.Receive(buffer) is > 0 and var count) said.Append(Encoding.UTF8.GetString(buffer, 0, count));
        var lines = said.ToString().Split('\n', StringSplitOptions.RemoveEmptyEntries);
        Assert.Equal("0 1 2 3 4", lines[0]); // 4 is the shell's own, on this folder
        Assert.Equal(["CapInh:", "CapPrm:", "CapEff:", "CapAmb:"], lines[1..5].Select(static line => line.Split('\t')[0]));
        Assert.All(lines[1..5], static line => Assert.EndsWith("\t0000000000000000", line, StringComparison.Ordinal));
        Assert.Equal("NoNewPrivs:\t1", lines[5]);
        Assert.Equal(["GIVEN=1"], lines[6..].Where(static line => !line.StartsWith("PWD=", StringComparison.Ordinal) && !line.StartsWith("OLDPWD=", StringComparison.Ordinal) && !line.StartsWith("_=", StringComparison.Ordinal)));
        Assert.Equal("exit code 0", child.WaitFor(s_patience));
    }

    [Fact]
    public void How_it_ended_is_told_and_who_stays_is_ended()
    {
        using var failing = ChildProcess.Start("/bin/sh", ["-c", "exit 3"], []);
        Assert.Equal("exit code 3", failing.WaitFor(s_patience));

        var staying = ChildProcess.Start("/bin/sleep", ["100"], []);
        Assert.Null(staying.WaitFor(TimeSpan.Zero));
        staying.Dispose();
        Assert.Equal("signal 9", staying.WaitFor(TimeSpan.Zero));
        Assert.False(Directory.Exists($"/proc/{staying.Id}"));
    }

    [Fact]
    public void A_program_that_is_not_there_is_said_so()
    {
        var refused = Assert.Throws<LinuxException>(() => ChildProcess.Start("/nowhere/program", [], []));
        Assert.Equal(Errno.ENOENT, refused.Errno);
        Assert.Contains("/nowhere/program", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void What_the_caller_may_is_not_less_afterwards()
    {
        var before = Rights();
        using (var child = ChildProcess.Start("/bin/true", [], [])) Assert.Equal("exit code 0", child.WaitFor(s_patience));
        Assert.Equal(before, Rights());

        static string Rights() => string.Join('\n', File.ReadLines("/proc/thread-self/status").Where(static line => line.StartsWith("Cap", StringComparison.Ordinal) || line.StartsWith("NoNew", StringComparison.Ordinal)));
    }
}
