using EdgeVpn.Linux;
using EdgeVpn.Model.Reasons;

namespace EdgeVpn.Appliance.Storage;

/// <summary>Which loop stood still before the watchdog ended the daemon, for the next one to tell (<see cref="ReasonCode.WatchdogRestart"/>).</summary>
/// <remarks>Written once, when the watchdog is no longer fed; a loop that moves again later leaves a note that says too much, and a restart takes it.</remarks>
/// <param name="file">Null: nothing is kept.</param>
internal sealed class StandstillNote(string? file)
{
    public const string FileName = "standstill.txt";

    private const int MostOctets = 1_024;

    public static StandstillNote In(string? folder) => new(folder is null ? null : Path.Combine(folder, FileName));

    public void Write(string standing)
    {
        if (file is null) return;
        try
        {
            AtomicFile.Write(file, System.Text.Encoding.UTF8.GetBytes(standing));
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException or LinuxException)
        {
            Console.Error.WriteLine($"what stands still could not be written down: {fault.Message}"); // the log has it
        }
    }

    /// <summary>Takes the note away and returns it; null if there is none.</summary>
    public string? Take()
    {
        if (file is null || !File.Exists(file)) return null;
        try
        {
            using var stream = File.OpenRead(file);
            var octets = new byte[MostOctets];
            var text = System.Text.Encoding.UTF8.GetString(octets.AsSpan(0, stream.ReadAtLeast(octets, octets.Length, throwOnEndOfStream: false)));
            File.Delete(file);
            return text;
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException)
        {
            return null; // no reason not to start
        }
    }
}
