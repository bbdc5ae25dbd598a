using System.Diagnostics;
using EdgeVpn.Appliance.Cloud;
using EdgeVpn.Appliance.Storage;
using EdgeVpn.Linux;
using EdgeVpn.Model.Twin;
using Xunit;

namespace EdgeVpn.Appliance.Tests.Storage;

/// <summary>Writes that are cut off, fail, or find no room: the old document or the new one, never half of one.</summary>
public sealed class InterruptionTests : IDisposable
{
    // open, write, fsync of the new one; the same for the copy of the old; two renames; the folder.
    private const int Steps = 9;

    public void Dispose() => AtomicFile.BeforeStep = null;

    [Fact]
    public void Killed_before_any_step_the_old_or_the_new_document_is_there_whole()
    {
        using var folder = new StateFolder();
        StateFolder.Confirm(folder.Open(), 1);
        var state = folder.Open();
        var pictures = new List<string>();
        AtomicFile.BeforeStep = (_, _, _) =>
        {
            // What a process killed right here leaves behind.
            pictures.Add(folder.At($"picture-{pictures.Count}"));
            folder.CopyTo(pictures[^1]);
        };
        StateFolder.Confirm(state, 2);
        AtomicFile.BeforeStep = null;
        Assert.Equal(Steps, pictures.Count);

        var found = new List<long>();
        foreach (var picture in pictures)
        {
            // A power cut may leave less than was written of what was not yet synced.
            foreach (var staging in Directory.GetFiles(picture, ".*.new")) File.WriteAllBytes(staging, File.ReadAllBytes(staging)[..^(int)(new FileInfo(staging).Length / 2)]);
            var after = StateDirectory.Open(picture);
            Assert.Empty(after.Notices);
            Assert.Equal(StateFolder.Document((int)after.Confirmed!.Reference.Revision).Body.ToArray(), after.Confirmed.Body.ToArray());
            found.Add(after.Confirmed.Reference.Revision);
            Assert.True(StateFolder.Confirm(after, 3).IsOk); // and life goes on from there
            Assert.Equal(3, StateDirectory.Open(picture).Confirmed!.Reference.Revision);
        }

        Assert.Equal(found.Order(), found); // once new, it stays new
        Assert.Equal([1, 2], found.Distinct());
    }

    [Fact]
    public void Failing_at_any_step_is_a_clear_answer_and_the_old_or_the_new_document_is_there_whole()
    {
        for (var failing = 0; failing < Steps; failing++)
        {
            using var folder = new StateFolder();
            StateFolder.Confirm(folder.Open(), 1);
            var state = folder.Open();
            var step = 0;
            AtomicFile.BeforeStep = (name, _, _) =>
            {
                if (step++ == failing) throw new LinuxException(name, Errno.ENOSPC);
            };
            var result = StateFolder.Confirm(state, 2);
            AtomicFile.BeforeStep = null;
            Assert.Equal(StorageFault.Full, result.Fault);
            Assert.Contains("no room", result.Sentence);
            Assert.Equal(1, state.Confirmed!.Reference.Revision); // what was not kept is not claimed
            Assert.Contains(result.Sentence, state.Notices);
            var after = folder.Open();
            Assert.Equal(failing == Steps - 1 ? 2 : 1, after.Confirmed!.Reference.Revision); // the last step only makes the rename last
            Assert.Empty(after.Notices);
            Assert.True(StateFolder.Confirm(after, 3).IsOk);
            Assert.Equal(3, folder.Open().Confirmed!.Reference.Revision);
        }
    }

    [Fact]
    public void Events_without_room_are_a_notice_and_a_memory_without_room_stops_the_twin()
    {
        using var folder = new StateFolder();
        var state = folder.Open();
        state.Write(TwinFile.Memory, TwinMemory.Empty.ToJson());
        AtomicFile.BeforeStep = (name, _, _) => throw new LinuxException(name, Errno.EROFS);
        state.Write(TwinFile.Outbox, "{}"u8);
        state.Write(TwinFile.Outbox, "{}"u8);
        Assert.Contains("the disk is read-only", Assert.Single(state.Notices)); // said once
        Assert.Throws<IOException>(() => state.Write(TwinFile.Memory, new TwinMemory(State: DocumentState.Applied).ToJson()));
        AtomicFile.BeforeStep = null;
        Assert.Equal(TwinMemory.Empty.ToJson(), folder.Open().Read(TwinFile.Memory)!.Value.ToArray());
    }

    [Fact]
    public void A_disk_that_is_really_full_then_read_only_keeps_the_old_document() => InOwnMounts(() =>
    {
        using var folder = new StateFolder();
        Run("mount", "-t", "tmpfs", "-o", "size=32k", "tmpfs", folder.Path);
        try
        {
            var state = folder.Open();
            Assert.True(StateFolder.Confirm(state, 1).IsOk);
            using (var filler = new FileStream(folder.At("filler"), FileMode.Create, FileAccess.Write, FileShare.None, bufferSize: 0))
                Assert.ThrowsAny<IOException>(() => { for (var i = 0; i < 64; i++) filler.Write(new byte[1024]); });
            Assert.Equal(StorageFault.Full, StateFolder.Confirm(state, 2).Fault);
            Assert.Equal(1, folder.Open().Confirmed!.Reference.Revision);

            File.Delete(folder.At("filler"));
            Run("mount", "-o", "remount,ro", folder.Path);
            Assert.Equal(StorageFault.ReadOnly, StateFolder.Confirm(state, 2).Fault);
            Run("mount", "-o", "remount,rw", folder.Path);
            Assert.True(StateFolder.Confirm(state, 2).IsOk);
            Assert.Equal(2, folder.Open().Confirmed!.Reference.Revision);
        }
        finally
        {
            Run("umount", folder.Path);
        }
    });

    [Fact]
    public void A_folder_that_cannot_be_made_is_a_notice_and_the_box_starts()
    {
        using var folder = new StateFolder();
        File.WriteAllText(folder.At("file"), "");
        var state = StateDirectory.Open(folder.At("file/state"));
        Assert.Null(state.Confirmed);
        Assert.Contains(state.Notices, n => n.Contains("Nothing will be remembered", StringComparison.Ordinal));
        Assert.False(StateFolder.Confirm(state, 1).IsOk);
    }

    /// <summary>On a thread with mounts of its own: what is mounted there nobody else sees, and it goes with the thread.</summary>
    private static void InOwnMounts(Action action)
    {
        if (!Environment.IsPrivilegedProcess) Assert.Skip("needs root: mounts");
        Exception? failure = null;
        var thread = new Thread(() =>
        {
            try
            {
                const int CLONE_NEWNS = 0x0002_0000;
                if (Libc.unshare(CLONE_NEWNS) < 0) throw LinuxException.Last("unshare", "CLONE_NEWNS");
                Run("mount", "--make-rprivate", "/");
                action();
            }
            catch (Exception e)
            {
                failure = e; // thrown again on the test's thread
            }
        });
        thread.Start();
        thread.Join();
        if (failure is not null) System.Runtime.ExceptionServices.ExceptionDispatchInfo.Throw(failure);
    }

    private static void Run(string name, params string[] arguments)
    {
        using var process = Process.Start(new ProcessStartInfo(name, arguments) { RedirectStandardError = true })!;
        var error = process.StandardError.ReadToEnd();
        process.WaitForExit();
        if (process.ExitCode != 0) throw new InvalidOperationException($"{name} {string.Join(' ', arguments)}: {error}");
    }
}
