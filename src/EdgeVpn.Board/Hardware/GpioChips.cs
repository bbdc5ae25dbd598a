using System.Device.Gpio;
using System.Device.Gpio.Drivers;

namespace EdgeVpn.Board.Hardware;

/// <summary>Opens a GPIO chip by its label through libgpiod, whichever of its two interfaces is installed.</summary>
/// <remarks>Labels stay; numbers move between kernels (pinctrl-rp1 was gpiochip4, then gpiochip0).</remarks>
public static class GpioChips
{
    private const string DeviceFolder = "/dev";

    /// <summary>A controller over the chip called <paramref name="label"/>. The caller disposes it.</summary>
    /// <exception cref="IOException">No libgpiod, no such chip, or no permission.</exception>
    public static GpioController Open(string label)
    {
        if (Refused(DeviceFolder) is { } refused) throw new IOException(refused);
        var second = TryList(LibGpiodV2Driver.GetAvailableChips, out var whyNotSecond);
        if (Find(second, label) is { } chip2) return Guard(label, () => new GpioController(new LibGpiodV2Driver(chip2)));

        var first = TryList(LibGpiodDriver.GetAvailableChips, out var whyNotFirst);
        if (Find(first, label) is { } chip1) return Guard(label, () => new GpioController(new LibGpiodDriver(chip1)));

        var seen = (second ?? first)?.Select(chip => $"{chip.Name} [{chip.Label}]").ToArray();
        throw new IOException(
            seen is null ? $"no GPIO chip can be listed: libgpiod 2: {whyNotSecond}; libgpiod 1: {whyNotFirst}"
            : seen.Length == 0 ? $"no GPIO chip is labelled \"{label}\": there is none at all, or /dev/gpiochip* may not be opened"
            : $"no GPIO chip is labelled \"{label}\"; there are: {string.Join(", ", seen)}");
    }

    /// <summary>Which chip may not be opened, and why; null: each of them may.</summary>
    /// <remarks>libgpiod 1 opens every chip to list them and gives no list at all if one refuses; the library then follows a null pointer, and a process without its lights becomes no process.</remarks>
    public static string? Refused(string deviceFolder)
    {
        foreach (var chip in Directory.EnumerateFileSystemEntries(deviceFolder, "gpiochip*").Order(StringComparer.Ordinal))
        {
            try
            {
                File.OpenHandle(chip, FileMode.Open, FileAccess.ReadWrite, FileShare.ReadWrite).Dispose();
            }
            catch (Exception refusal) when (refusal is IOException or UnauthorizedAccessException)
            {
                return $"{chip} may not be opened: {refusal.Message}";
            }
        }

        return null;
    }

    /// <summary>Runs <paramref name="call"/> and turns what libgpiod refuses into an <see cref="IOException"/> that names <paramref name="what"/>.</summary>
    internal static T Guard<T>(string what, Func<T> call)
    {
        try
        {
            return call();
        }
        catch (Exception fault) when (IsRefusal(fault))
        {
            throw new IOException($"{what}: {fault.Message}", fault);
        }
    }

    /// <summary>What System.Device.Gpio throws for a refusing kernel, as opposed to a mistake of ours.</summary>
    internal static bool IsRefusal(Exception fault) =>
        fault is GpiodException or UnauthorizedAccessException or PlatformNotSupportedException or NotSupportedException or DllNotFoundException or EntryPointNotFoundException;

    private static GpioChipInfo? Find(IList<GpioChipInfo>? chips, string label) => chips?.FirstOrDefault(chip => chip.Label == label);

    private static IList<GpioChipInfo>? TryList(Func<IList<GpioChipInfo>> list, out string whyNot)
    {
        whyNot = "";
        try
        {
            return list();
        }
        catch (Exception fault) when (IsRefusal(fault) || fault is IOException or TypeInitializationException)
        {
            whyNot = (fault.InnerException ?? fault).Message;
            return null;
        }
    }
}
