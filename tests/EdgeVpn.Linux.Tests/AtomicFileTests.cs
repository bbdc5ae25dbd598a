using Xunit;

namespace EdgeVpn.Linux.Tests;

public sealed class AtomicFileTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("evl-").FullName;

    private string File0 => Path.Combine(_folder, "state.json");

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void What_was_written_is_read_with_its_mode_and_nothing_else_is_left()
    {
        AtomicFile.Write(File0, "one");
        Assert.Equal("one", File.ReadAllText(File0));
        Assert.Equal(AtomicFile.Private, File.GetUnixFileMode(File0));
        AtomicFile.Write(File0, "two", AtomicFile.Public);
        Assert.Equal("two", File.ReadAllText(File0));
        Assert.Equal(AtomicFile.Public, File.GetUnixFileMode(File0));
        Assert.Equal([File0], Directory.GetFileSystemEntries(_folder));
    }

    [Fact]
    public void What_root_writes_belongs_to_the_folders_owner()
    {
        if (ProcessIdentity.UserId != 0) Assert.Skip("only root may give files away");
        Tool.Run("chown", "65534:65533", _folder);
        AtomicFile.Write(File0, "one");
        AtomicFile.Write(File0, "two", keepLastGood: true);
        foreach (var file in new[] { File0, AtomicFile.LastGoodPath(File0) })
        {
            Assert.Equal("65534:65533", Tool.Run("stat", "-c", "%u:%g", file).Trim());
            Assert.Equal(AtomicFile.Private, File.GetUnixFileMode(file));
        }
    }

    [Fact]
    public void The_umask_does_not_decide()
    {
        var before = ProcessIdentity.SetUmask((UnixFileMode)0b111_111_111);
        try
        {
            AtomicFile.Write(File0, "x", AtomicFile.Public);
        }
        finally
        {
            ProcessIdentity.SetUmask(before);
        }

        Assert.Equal(AtomicFile.Public, File.GetUnixFileMode(File0));
    }

    [Fact]
    public void A_reader_sees_the_old_or_the_new_and_never_a_part()
    {
        var contents = new[] { new string('a', 300_000), new string('b', 10) };
        AtomicFile.Write(File0, contents[0]);
        using var done = new ManualResetEventSlim();
        var seen = new HashSet<string>();
        var reader = new Thread(() =>
        {
            while (!done.IsSet) seen.Add(File.ReadAllText(File0));
        });
        reader.Start();
        for (var i = 0; i < 60; i++) AtomicFile.Write(File0, contents[i % 2]);
        done.Set();
        reader.Join();
        Assert.Subset(new HashSet<string>(contents), seen);
    }

    [Fact]
    public void The_one_before_is_kept_and_serves_when_the_file_is_missing_or_bad()
    {
        static bool IsGood(byte[] octets) => octets is [(byte)'{', ..];
        AtomicFile.Write(File0, "{1}", keepLastGood: true);
        Assert.False(File.Exists(AtomicFile.LastGoodPath(File0)));
        AtomicFile.Write(File0, "{2}", keepLastGood: true);
        Assert.Equal("{2}"u8, AtomicFile.Read(File0, IsGood, out var isLastGood)!);
        Assert.False(isLastGood);
        Assert.Equal(AtomicFile.Private, File.GetUnixFileMode(AtomicFile.LastGoodPath(File0)));
        File.WriteAllText(File0, "damaged");
        Assert.Equal("{1}"u8, AtomicFile.Read(File0, IsGood, out isLastGood)!);
        Assert.True(isLastGood);
        File.Delete(File0);
        Assert.Equal("{1}"u8, AtomicFile.Read(File0, IsGood, out _)!);
        File.Delete(AtomicFile.LastGoodPath(File0));
        Assert.Null(AtomicFile.Read(File0, IsGood, out _));
    }

    [Fact]
    public void A_failed_write_leaves_the_old_and_names_the_call()
    {
        Directory.CreateDirectory(File0); // a folder in the way: the rename fails
        var error = Assert.Throws<LinuxException>(() => AtomicFile.Write(File0, "x"));
        Assert.Equal(("rename", Errno.EISDIR), (error.Call, error.Errno));
        Assert.Equal([File0], Directory.GetFileSystemEntries(_folder));
        Assert.Equal(Errno.ENOENT, Assert.Throws<LinuxException>(() => AtomicFile.Write(Path.Combine(_folder, "absent", "x"), "x")).Errno);
    }

    [Fact]
    public void What_a_power_cut_left_behind_is_removed_by_the_next_write()
    {
        var stray = Path.Combine(_folder, ".state.json.0123456789abcdef.new");
        var others = Path.Combine(_folder, ".other.json.0123456789abcdef.new");
        File.WriteAllText(stray, "half");
        File.WriteAllText(others, "half");
        File.SetLastWriteTimeUtc(stray, DateTime.UtcNow.AddHours(-1));
        File.SetLastWriteTimeUtc(others, DateTime.UtcNow.AddHours(-1));
        AtomicFile.Write(File0, "whole");
        Assert.False(File.Exists(stray));
        Assert.True(File.Exists(others));
    }
}
