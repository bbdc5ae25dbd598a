using EdgeVpn.Appliance.Capture;
using EdgeVpn.Appliance.Storage;
using EdgeVpn.Appliance.Usage;
using EdgeVpn.Model.Usage;

namespace EdgeVpn.Appliance.Composition;

/// <summary>What the box remembers of itself: flight recorder and meter, on one account of flash writes with the outbox.</summary>
internal sealed class BoxMemory
{
    /// <summary>How old the recording on disk may become; what ends an SA is written sooner.</summary>
    private static readonly TimeSpan RecorderInterval = TimeSpan.FromMinutes(30);

    /// <summary>What a power cut may cost of the count.</summary>
    private static readonly TimeSpan UsageInterval = TimeSpan.FromMinutes(10);

    /// <summary>How far back a box without a clock may begin; the flash is written this often for it.</summary>
    private static readonly TimeSpan TimeInterval = TimeSpan.FromHours(1);

    private readonly NoteKeeper? _keeper;
    private StorageResult _disk = StorageResult.Ok;

    /// <param name="folder">The state folder; null for a gateway told in a few words, which keeps nothing.</param>
    public BoxMemory(string? folder, TrustedTime time)
    {
        Budget = new FlashBudget(time);
        Recorder = new FlightRecorder(time, folder is null ? null : Kept(Path.Combine(folder, FlightLog.FileName), FlightLog.MaxFileOctets) is { } octets ? FlightLog.Read(octets) : null);
        Meter = new UsageMeter(time, folder is null ? null : Kept(Path.Combine(folder, UsageDocument.FileName), UsageDocument.MaxFileOctets) is { } counted ? UsageDocument.Read(counted) : null);
        if (folder is null) return;
        Notes =
        [
            new KeptNote(
                FlightLog.FileName, RecorderInterval,
                () => !Recorder.IsDirty ? Haste.None : Recorder.IsUrgent ? Haste.Soon : Haste.Usual,
                () => Recorder.Keep().ToJson()),
            new KeptNote(UsageDocument.FileName, UsageInterval, () => Meter.IsDirty ? Haste.Usual : Haste.None, () => Meter.Keep().ToJson()),
            new KeptNote(TrustedTime.FileName, TimeInterval, () => time.IsVouchedFor ? Haste.Usual : Haste.None, time.ToJson),
        ];
        _keeper = new NoteKeeper(folder, Budget, time, Notes, () =>
        {
            Gather();
            if (StateDisk.Look(folder) is var disk && disk != _disk) DiskChanged(_disk = disk);
        });
    }

    /// <summary>The disk filled up, became read-only, or is well again.</summary>
    public Action<StorageResult> DiskChanged { get; set; } = static _ => { };

    /// <summary>What is written down by itself.</summary>
    public IReadOnlyList<KeptNote> Notes { get; } = [];

    public FlashBudget Budget { get; }

    public FlightRecorder Recorder { get; }

    public KeyLoan Loan { get; } = new();

    public UsageMeter Meter { get; }

    /// <summary>Reads the data plane's counters into the meter.</summary>
    public Action Gather { get; set; } = static () => { };

    /// <summary>Writes down what is due, until <paramref name="stop"/>; then what is left.</summary>
    public Task RunAsync(CancellationToken stop) => _keeper?.RunAsync(stop) ?? Task.CompletedTask;

    /// <summary>Back to the factory.</summary>
    public void Forget()
    {
        Recorder.Forget();
        Meter.Forget();
    }

    private static byte[]? Kept(string file, int most)
    {
        try
        {
            var info = new FileInfo(file);
            return info.Exists && info.Length <= most ? File.ReadAllBytes(file) : null;
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException)
        {
            return null; // begun anew: a recording is no reason not to start
        }
    }
}
