namespace EdgeVpn.Appliance.Cloud;

/// <summary>Where the twin's notes survive a restart.</summary>
public interface ITwinStore
{
    /// <summary>The last octets written under this name; null if there are none.</summary>
    ReadOnlyMemory<byte>? Read(TwinFile file);

    /// <summary>Writes durably and whole: after a power cut either these octets are there or the ones before.</summary>
    void Write(TwinFile file, ReadOnlySpan<byte> octets);
}

/// <summary>A note.</summary>
public enum TwinFile
{
    /// <summary><see cref="TwinMemory"/>.</summary>
    Memory,

    /// <summary><see cref="Outbox.Snapshot"/>.</summary>
    Outbox,

    /// <summary>When the newest command that was done was issued; ASCII digits, see <see cref="CommandFloor"/>.</summary>
    Commands,
}
