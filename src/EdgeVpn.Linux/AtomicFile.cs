using System.Text;

namespace EdgeVpn.Linux;

/// <summary>Replaces a file so that after a crash either the old or the new octets are there, whole; keeps the one before as "last good".</summary>
/// <remarks>
/// Write a new file beside it, fsync, rename over it, fsync the folder. A power cut at any point leaves the old file or the new one;
/// at worst a stray <c>.name.*.new</c>, which the next write of that name removes.
/// What root writes belongs to whom the folder belongs to: a command typed by root leaves nothing that the daemon's own user cannot read.
/// </remarks>
public static unsafe class AtomicFile
{
    /// <summary>For secrets: the owner alone.</summary>
    public const UnixFileMode Private = UnixFileMode.UserRead | UnixFileMode.UserWrite;

    /// <summary>For what everyone on the machine may read.</summary>
    public const UnixFileMode Public = Private | UnixFileMode.GroupRead | UnixFileMode.OtherRead;

    private static readonly AsyncLocal<AtomicStep?> s_beforeStep = new();

    /// <summary>Called before each step that a power cut, a signal or a full disk can come between. Tests look, or throw: whoever sets it sees the writes of whatever it calls and starts.</summary>
    internal static AtomicStep? BeforeStep
    {
        get => s_beforeStep.Value;
        set => s_beforeStep.Value = value;
    }

    private const string StagingSuffix = ".new";
    private const string LastGoodSuffix = ".last";

    /// <summary>Where <see cref="Write"/> leaves the version before.</summary>
    public static string LastGoodPath(string path) => path + LastGoodSuffix;

    /// <summary>Writes the file. When this returns, it is on the disk under its name.</summary>
    /// <param name="path">The file; its folder exists.</param>
    /// <param name="octets">The whole content.</param>
    /// <param name="mode">Set before a single octet is written, whatever the umask.</param>
    /// <param name="keepLastGood">Keep what was there as <see cref="LastGoodPath"/>.</param>
    public static void Write(string path, ReadOnlySpan<byte> octets, UnixFileMode mode = Private, bool keepLastGood = false)
    {
        path = Path.GetFullPath(path);
        var folder = Path.GetDirectoryName(path) ?? throw new ArgumentException("A file is wanted, not a root.", nameof(path));
        var staging = Stage(folder, path, path, octets, mode);
        try
        {
            if (keepLastGood && File.Exists(path)) Replace(Stage(folder, path, LastGoodPath(path), File.ReadAllBytes(path), File.GetUnixFileMode(path)), LastGoodPath(path));
            Replace(staging, path);
        }
        catch
        {
            File.Delete(staging);
            throw;
        }

        SyncFolder(folder, path);
        RemoveStray(folder, path);
    }

    /// <summary>Takes the file and its last good version away, for good: when this returns, no power cut brings them back.</summary>
    /// <remarks>The older one first: a power cut in between must not bring it back into the newer one's place.</remarks>
    public static void Delete(string path)
    {
        path = Path.GetFullPath(path);
        var isAny = false;
        foreach (var file in (string[])[LastGoodPath(path), path])
        {
            if (!File.Exists(file)) continue;
            BeforeStep?.Invoke("delete", file, default);
            File.Delete(file);
            isAny = true;
        }

        if (isAny) SyncFolder(Path.GetDirectoryName(path)!, path);
    }

    public static void Write(string path, string text, UnixFileMode mode = Private, bool keepLastGood = false) =>
        Write(path, Encoding.UTF8.GetBytes(text), mode, keepLastGood);

    /// <summary>The file's octets, or those of the last good one if it is missing or <paramref name="isGood"/> refuses it; null if neither serves.</summary>
    /// <param name="path">The file as given to <see cref="Write"/>.</param>
    /// <param name="isGood">Whether the content can be used: parses, verifies.</param>
    /// <param name="isLastGood">True if the answer is the one before.</param>
    public static byte[]? Read(string path, Func<byte[], bool> isGood, out bool isLastGood)
    {
        isLastGood = false;
        if (ReadIfThere(path) is { } octets && isGood(octets)) return octets;
        isLastGood = true;
        return ReadIfThere(LastGoodPath(path)) is { } before && isGood(before) ? before : null;
    }

    private static byte[]? ReadIfThere(string path)
    {
        try
        {
            return File.ReadAllBytes(path);
        }
        catch (FileNotFoundException)
        {
            return null;
        }
    }

    /// <param name="folder">Of both.</param>
    /// <param name="path">Names the staging file.</param>
    /// <param name="target">What it will replace.</param>
    /// <param name="octets">The whole content.</param>
    /// <param name="mode">Of the file.</param>
    private static string Stage(string folder, string path, string target, ReadOnlySpan<byte> octets, UnixFileMode mode)
    {
        Span<byte> random = stackalloc byte[8];
        SystemEntropy.Fill(random);
        var staging = Path.Combine(folder, $".{Path.GetFileName(path)}.{Convert.ToHexStringLower(random)}{StagingSuffix}");
        int fd;
        BeforeStep?.Invoke("open", target, octets);
        // Private at birth, so that a secret is never readable for others; O_EXCL, so that nobody's link is followed.
        fixed (byte* name = Libc.CString(staging)) fd = Libc.open(name, Libc.O_WRONLY | Libc.O_CREAT | Libc.O_EXCL | Libc.O_CLOEXEC, (uint)Private);
        if (fd < 0) throw LinuxException.Last("open", staging);
        using var file = new Descriptor(fd);
        try
        {
            if (ProcessIdentity.UserId == 0) HandOver(fd, folder, staging);
            if (Libc.fchmod(fd, (uint)mode) < 0) throw LinuxException.Last("fchmod", staging);
            BeforeStep?.Invoke("write", target, octets);
            WriteAll(fd, octets, staging);
            BeforeStep?.Invoke("fsync", target, octets);
            if (Libc.fsync(fd) < 0) throw LinuxException.Last("fsync", staging);
        }
        catch
        {
            File.Delete(staging);
            throw;
        }

        return staging;
    }

    private static void HandOver(int fd, string folder, string staging)
    {
        Libc.Statx owner;
        fixed (byte* name = Libc.CString(folder))
        {
            if (Libc.statx(Libc.AT_FDCWD, name, 0, Libc.STATX_UID | Libc.STATX_GID, &owner) < 0) throw LinuxException.Last("statx", folder);
        }

        if (owner.User != 0 && Libc.fchown(fd, owner.User, owner.Group) < 0) throw LinuxException.Last("fchown", staging);
    }

    private static void WriteAll(int fd, ReadOnlySpan<byte> octets, string subject)
    {
        fixed (byte* start = octets)
        {
            for (var done = 0; done < octets.Length;)
            {
                var put = Libc.write(fd, start + done, (nuint)(octets.Length - done));
                if (put >= 0) done += (int)put;
                else if (Libc.LastErrno != Errno.EINTR) throw LinuxException.Last("write", subject);
            }
        }
    }

    private static void Replace(string from, string to)
    {
        BeforeStep?.Invoke("rename", to, default);
        fixed (byte* source = Libc.CString(from))
        fixed (byte* destination = Libc.CString(to))
        {
            if (Libc.rename(source, destination) < 0) throw LinuxException.Last("rename", to);
        }
    }

    // The rename lives in the folder: without this it may be undone by a power cut.
    private static void SyncFolder(string folder, string path)
    {
        int fd;
        BeforeStep?.Invoke("fsync folder", path, default);
        fixed (byte* name = Libc.CString(folder)) fd = Libc.open(name, Libc.O_RDONLY | Libc.O_CLOEXEC, 0);
        if (fd < 0) throw LinuxException.Last("open", folder);
        using var handle = new Descriptor(fd);
        if (Libc.fsync(fd) < 0) throw LinuxException.Last("fsync", folder);
    }

    private static void RemoveStray(string folder, string path)
    {
        foreach (var stray in Directory.EnumerateFiles(folder, $".{Path.GetFileName(path)}.*{StagingSuffix}"))
            if (File.GetLastWriteTimeUtc(stray) < DateTime.UtcNow - TimeSpan.FromMinutes(1)) File.Delete(stray); // younger: another writer may be at it
    }
}

/// <param name="step">open, write, fsync, rename, delete, fsync folder.</param>
/// <param name="path">The file that will be another afterwards.</param>
/// <param name="octets">What it will hold; empty where that was said before.</param>
internal delegate void AtomicStep(string step, string path, ReadOnlySpan<byte> octets);
