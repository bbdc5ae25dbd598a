using System.Globalization;
using System.Text;

namespace EdgeVpn.Board.Hardware;

/// <summary>A light below /sys/class/leds: dimmed by <c>brightness</c>, and blinked by the kernel's pattern trigger where it has one.</summary>
/// <remarks>The trigger it had ("heartbeat", "mmc0") is put back at the end.</remarks>
public sealed class SysfsLed : ILed
{
    public const string Root = "/sys/class/leds";

    private readonly string _folder;
    private readonly int _max;
    private readonly string? _formerTrigger;
    private bool _hasPatternTrigger;
    private bool _kernelRuns;

    /// <summary>Takes the light from its trigger and turns it off.</summary>
    /// <param name="name">Name below <paramref name="root"/>.</param>
    /// <param name="kernelBlink">Whether <see cref="TryRun"/> may hand rhythms to the kernel.</param>
    /// <exception cref="IOException">There is no such light, or it may not be written.</exception>
    public SysfsLed(string name, bool kernelBlink = false, string root = Root)
    {
        _folder = Path.Combine(root, name);
        _max = int.TryParse(Read("max_brightness"), CultureInfo.InvariantCulture, out var max) && max > 0 ? max : 1;
        if (File.Exists(Path.Combine(_folder, "trigger")))
        {
            var triggers = Read("trigger").Split(' ', StringSplitOptions.RemoveEmptyEntries);
            _formerTrigger = triggers.FirstOrDefault(trigger => trigger.StartsWith('['))?.Trim('[', ']');
            _hasPatternTrigger = kernelBlink && triggers.Any(trigger => trigger.Trim('[', ']') == "pattern");
            Write("trigger", "none");
        }

        Set(0);
    }

    public void Set(double brightness)
    {
        StopKernel();
        Write("brightness", Level(brightness).ToString(CultureInfo.InvariantCulture));
    }

    public bool TryRun(LedPattern pattern)
    {
        if (!_hasPatternTrigger || pattern.Steps.Length == 1) return false;
        StopKernel();
        try
        {
            Write("trigger", "pattern");
            _kernelRuns = true;
            Write("pattern", KernelPattern(pattern));
            return true;
        }
        catch (IOException)
        {
            // The file comes with the trigger and belongs to root: without root's rights we blink the light ourselves.
            _hasPatternTrigger = false;
            StopKernel();
            return false;
        }
    }

    /// <summary>Leaves the light dark, to the trigger it had.</summary>
    public void Dispose()
    {
        try
        {
            Set(0);
            if (_formerTrigger is not (null or "none")) Write("trigger", _formerTrigger);
        }
        catch (IOException)
        {
            // The light was unplugged with its device: there is nothing left to give back.
            _kernelRuns = false;
        }
    }

    /// <summary>"brightness ms brightness 0 …": the trigger fades between pairs, and a pair of no duration makes a jump of it.</summary>
    private string KernelPattern(LedPattern pattern)
    {
        var text = new StringBuilder();
        foreach (var step in pattern.Steps)
        {
            var level = Level(step.Brightness);
            text.Append(CultureInfo.InvariantCulture, $"{level} {(long)step.Duration.TotalMilliseconds} {level} 0 ");
        }

        return text.ToString().TrimEnd();
    }

    private int Level(double brightness) => (int)Math.Round(Math.Clamp(brightness, 0, 1) * _max);

    private void StopKernel()
    {
        if (!_kernelRuns) return;
        Write("trigger", "none");
        _kernelRuns = false;
    }

    private string Read(string attribute) => Reach(attribute, path => File.ReadAllText(path).Trim());

    private void Write(string attribute, string value) => Reach(attribute, path =>
    {
        // Truncate: never creates the file, for an attribute that is not there is an error.
        using var file = new FileStream(path, FileMode.Truncate, FileAccess.Write, FileShare.ReadWrite, bufferSize: 0);
        file.Write(Encoding.ASCII.GetBytes(value + "\n"));
        return true;
    });

    private T Reach<T>(string attribute, Func<string, T> action)
    {
        var path = Path.Combine(_folder, attribute);
        try
        {
            return action(path);
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException)
        {
            throw new IOException($"{path}: {fault.Message}", fault);
        }
    }
}
