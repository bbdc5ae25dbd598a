using System.Diagnostics.CodeAnalysis;

namespace EdgeVpn.Interop.Net;

/// <summary>Where labs keep what they need while they run, and where they leave what people read afterwards.</summary>
public static class LabFolders
{
    /// <summary>Run folders and locks of all labs of this machine. Short, because a Unix socket's path has 107 octets; not under /run, which daemons see privately.</summary>
    public const string Root = "/tmp/edgevpn-lab";

    /// <summary>Namespaces of all labs begin like this; the lab's id follows.</summary>
    public const string NamespacePrefix = "evlab-";

    public static readonly string Repository = FindRepository();

    public static readonly string Artifacts = Path.Combine(Repository, "artifacts");

    public static string RunFolder(string id) => Path.Combine(Root, id);

    /// <summary>Where scripts/lab-deps keeps what it made.</summary>
    public static string Cached(string name) => Path.Combine(
        Environment.GetEnvironmentVariable("XDG_CACHE_HOME") is { Length: > 0 } cache ? cache : Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.UserProfile), ".cache"),
        "edgevpn", name);

    /// <summary>Holds the lock of a lab as long as its process lives; the kernel gives it back also after SIGKILL.</summary>
    public static bool TryLock(string id, [NotNullWhen(true)] out FileStream? held)
    {
        Directory.CreateDirectory(Root);
        try
        {
            held = new FileStream(Path.Combine(Root, id + ".lock"), FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
            return true;
        }
        catch (IOException)
        {
            held = null;
            return false;
        }
    }

    private static string FindRepository()
    {
        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
            if (File.Exists(Path.Combine(folder.FullName, "EdgeVpn.sln")))
                return folder.FullName;
        throw new DirectoryNotFoundException($"no EdgeVpn.sln above {AppContext.BaseDirectory}");
    }
}
