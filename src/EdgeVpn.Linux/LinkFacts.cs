namespace EdgeVpn.Linux;

/// <summary>What the driver says of an interface (/sys/class/net); null where it says nothing, as virtual ones do.</summary>
/// <param name="Driver">Module name, such as r8169.</param>
/// <param name="SpeedMegabits">Negotiated speed.</param>
/// <param name="IsFullDuplex">Half duplex on a modern port tells of a bad cable or a fixed setting at the other end.</param>
public sealed record LinkFacts(string? Driver, int? SpeedMegabits, bool? IsFullDuplex)
{
    /// <summary>Looks in the mount namespace's /sys, which shows the network namespace it was mounted in.</summary>
    public static LinkFacts Read(string interfaceName)
    {
        if (interfaceName is "" or "." or ".." || interfaceName.Contains('/')) throw new ArgumentException("Not an interface name.", nameof(interfaceName));
        var folder = $"/sys/class/net/{interfaceName}";
        var driver = new DirectoryInfo($"{folder}/device/driver").LinkTarget;
        var speed = int.TryParse(ReadText($"{folder}/speed"), out var megabits) && megabits > 0 ? megabits : (int?)null;
        bool? duplex = ReadText($"{folder}/duplex") switch { "full" => true, "half" => false, _ => null };
        return new LinkFacts(driver is null ? null : Path.GetFileName(driver), speed, duplex);
    }

    private static string? ReadText(string path)
    {
        try
        {
            return File.ReadAllText(path).Trim();
        }
        catch (IOException)
        {
            return null; // EINVAL while the interface is down; missing where the driver has no such thing
        }
    }
}
