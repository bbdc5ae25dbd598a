using EdgeVpn.Linux;

namespace EdgeVpn.Appliance.Storage;

/// <summary>Why something could not be kept.</summary>
public enum StorageFault
{
    None,

    /// <summary>No room, or the quota is used up.</summary>
    Full,

    /// <summary>The disk is mounted read-only: often a worn-out flash card's last word.</summary>
    ReadOnly,

    /// <summary>No permission.</summary>
    Denied,

    /// <summary>Anything else: the disk failed, or the folder is gone.</summary>
    Failed,
}

/// <summary>What became of a write. After a failure what was there before is still there.</summary>
/// <param name="Fault">None: it is on the disk.</param>
/// <param name="Sentence">For a person; empty if it worked.</param>
public sealed record StorageResult(StorageFault Fault, string Sentence)
{
    public static readonly StorageResult Ok = new(StorageFault.None, "");

    public bool IsOk => Fault == StorageFault.None;

    internal static StorageResult From(string path, Exception exception)
    {
        const Errno EDQUOT = (Errno)122;
        const int hresultOfNoSpace = 28; // .NET on Linux carries errno here
        var fault = exception switch
        {
            LinuxException { Errno: Errno.ENOSPC or EDQUOT } => StorageFault.Full,
            IOException { HResult: hresultOfNoSpace } => StorageFault.Full,
            LinuxException { Errno: Errno.EROFS } => StorageFault.ReadOnly,
            LinuxException { Errno: Errno.EACCES or Errno.EPERM } or UnauthorizedAccessException => StorageFault.Denied,
            _ => StorageFault.Failed,
        };
        var words = fault switch
        {
            StorageFault.Full => "there is no room left",
            StorageFault.ReadOnly => "the disk is read-only",
            StorageFault.Denied => "permission is missing",
            _ => exception.Message,
        };
        return new StorageResult(fault, $"{path} could not be written: {words}. What was there before stands.");
    }
}
