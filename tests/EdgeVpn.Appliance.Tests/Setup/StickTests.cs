using System.Diagnostics;
using EdgeVpn.Guides;
using Xunit;

namespace EdgeVpn.Appliance.Tests.Setup;

/// <summary>What udev starts for a USB stick (<c>scripts/debian</c>). The whole way is played on the emulated board.</summary>
public sealed class StickTests : IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("edgevpn-stick-");

    public void Dispose() => _folder.Delete(recursive: true);

    /// <summary>udev reads rules by their names, and a disk has neither bus nor label before these were read.</summary>
    [Fact]
    public void The_rule_for_a_stick_is_read_after_those_that_find_out_what_it_is()
    {
        var rules = Assert.Single(Directory.GetFiles(Path.Combine(Guide.Root, "scripts", "debian"), "*.rules"));
        Assert.True(string.CompareOrdinal(Path.GetFileName(rules), "60-persistent-storage.rules") > 0, rules);
    }

    [Fact]
    public void Every_document_is_offered_whatever_became_of_the_one_before()
    {
        var (code, offered) = Run(("A first one.jws", "bad"), ("SECOND.JWS", "good"), ("._third.jws", "good"), ("fourth.json", "good"));
        Assert.Equal((1, "A first one.jws SECOND.JWS"), (code, string.Join(' ', offered)));
    }

    [Fact]
    public void A_stick_with_nothing_on_it_is_no_failure() => Assert.Equal((0, 0), (Run(("readme.txt", "x")).Code, Run(("readme.txt", "x")).Offered.Length));

    [Fact]
    public void A_stick_that_is_pulled_while_it_is_read_ends_it_and_leaves_nothing()
    {
        var (code, offered) = Run(("one.jws", "gone"), ("two.jws", "gone"));
        Assert.Equal((1, 2), (code, offered.Length));
        Assert.Empty(Directory.GetDirectories(_folder.FullName, "tmp.*"));
    }

    /// <summary>Runs the script with a mount that copies these files, and a box that refuses what is bad.</summary>
    private (int Code, string[] Offered) Run(params (string Name, string Text)[] files)
    {
        foreach (var name in new[] { "bin", "stick" }) if (Directory.Exists(At(name))) Directory.Delete(At(name), recursive: true);
        File.Delete(At("offered"));
        foreach (var name in new[] { "bin", "stick" }) Directory.CreateDirectory(At(name));
        foreach (var (name, text) in files) File.WriteAllText(Path.Combine(At("stick"), name), text);
        Tool("mount", "while [ $# -gt 1 ]; do shift; done; cp -a \"$STICK/.\" \"$1\"");
        Tool("umount", "find \"$1\" -mindepth 1 -delete");
        Tool("edgevpn", "basename \"$3\" >>\"$STICK/../offered\"; grep -q good \"$3\"");
        var start = new ProcessStartInfo("/bin/sh", [Path.Combine(Guide.Root, "scripts", "debian", "stick"), "/dev/sdx1"]) { RedirectStandardOutput = true };
        start.Environment["PATH"] = At("bin") + ":/usr/bin:/bin";
        start.Environment["STICK"] = At("stick");
        start.Environment["TMPDIR"] = _folder.FullName;
        using var process = Process.Start(start)!;
        process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        return (process.ExitCode, File.Exists(At("offered")) ? File.ReadAllLines(At("offered")) : []);
    }

    private void Tool(string name, string body)
    {
        var file = Path.Combine(At("bin"), name);
        File.WriteAllText(file, $"#!/bin/sh\n{body}\n");
        File.SetUnixFileMode(file, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
    }

    private string At(string name) => Path.Combine(_folder.FullName, name);
}
