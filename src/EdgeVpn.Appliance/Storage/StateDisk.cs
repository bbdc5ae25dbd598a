using EdgeVpn.Linux;

namespace EdgeVpn.Appliance.Storage;

/// <summary>Whether the state folder could take another note, asked without writing: flash wears, and a full disk should be told of before a document is lost.</summary>
public static class StateDisk
{
    /// <summary>Less than this is full: our files as they usually are, and a successor beside each while it is written. A document of a megabyte may find less than it needs, and then says so itself.</summary>
    public const long LeastOctets = 128 * 1024;

    public static StorageResult Look(string folder)
    {
        try
        {
            if (FolderAccess.WhyNotWritable(folder) is { } errno) return StorageResult.From(folder, new LinuxException("access", errno, folder));
            return new DriveInfo(folder).AvailableFreeSpace >= LeastOctets ? StorageResult.Ok
                : new StorageResult(StorageFault.Full, $"{folder} has no room left: what the box should remember will be lost at the next power cut.");
        }
        catch (IOException fault)
        {
            return StorageResult.From(folder, fault);
        }
    }
}
