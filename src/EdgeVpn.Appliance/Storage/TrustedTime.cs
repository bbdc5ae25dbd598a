using System.Globalization;
using System.Text;
using EdgeVpn.Linux;

namespace EdgeVpn.Appliance.Storage;

/// <summary>The wall clock of a box that may have no clock of its own: never before the last time it is known to have lived in, until somebody who knows has set it.</summary>
/// <remarks>
/// <code>
///   the machine's clock is synchronized     what it says, also if that is earlier: a wrong memory heals itself
///   otherwise                               what it says, or the last known time and what has passed since the start, whichever is later
/// </code>
/// Timers and intervals are monotonic and never notice. The last known time is written down hourly, and only while the clock is synchronized, so that one
/// wrong answer of a time server is not kept for ever.
/// </remarks>
/// <param name="system">The machine's.</param>
/// <param name="known">The last known time; null: nothing is known.</param>
/// <param name="isSynchronized">Whether the machine's clock is disciplined by a better one.</param>
public sealed class TrustedTime(TimeProvider system, DateTimeOffset? known, Func<bool> isSynchronized) : TimeProvider
{
    public const string FileName = "time.json";

    /// <summary>How long certificates wait for a clock that is known to be wrong: time may be behind the very tunnel.</summary>
    public static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    private const int MaxOctets = 64;

    /// <summary>A note of a later time is damage: no clock that somebody vouched for said so, and nothing could be reckoned on from the end of the calendar.</summary>
    private static readonly DateTimeOffset s_latest = new(2200, 1, 1, 0, 0, 0, TimeSpan.Zero);
    private const string TimesyncdsWord = "/run/systemd/timesync/synchronized";

    private readonly long _started = system.GetTimestamp();

    public override TimeZoneInfo LocalTimeZone => system.LocalTimeZone;

    public override long TimestampFrequency => system.TimestampFrequency;

    /// <summary>Certificates should not be judged yet: the machine's clock is behind what is known, and there is hope that it will be set.</summary>
    public bool IsDoubtful => IsBehind && system.GetElapsedTime(_started) < Patience;

    /// <summary>The machine's clock says less than what is known, and nobody vouches for it.</summary>
    public bool IsBehind => Known is { } least && system.GetUtcNow() < least && !isSynchronized();

    /// <summary>Worth writing down: somebody vouches for it.</summary>
    public bool IsVouchedFor => isSynchronized();

    private DateTimeOffset? Known => known + system.GetElapsedTime(_started);

    public override DateTimeOffset GetUtcNow() => IsBehind ? Known!.Value : system.GetUtcNow();

    public override long GetTimestamp() => system.GetTimestamp();

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period) => system.CreateTimer(callback, state, dueTime, period);

    /// <summary>This box's: with what its state folder remembers, if it has one.</summary>
    public static TrustedTime Of(string? folder) => new(
        TimeProvider.System, Later(folder is null ? null : Read(Path.Combine(folder, FileName)), Made(Environment.ProcessPath)), static () => File.Exists(TimesyncdsWord) || KernelClock.IsSynchronized);

    /// <summary>When this program was made, by its file: no day of its life is earlier, which a box without a clock knows even at its very first start. Null: the file does not tell.</summary>
    internal static DateTimeOffset? Made(string? program) =>
        program is not null && File.Exists(program) && new DateTimeOffset(File.GetLastWriteTimeUtc(program)) is var made && made < s_latest ? made : null;

    private static DateTimeOffset? Later(DateTimeOffset? one, DateTimeOffset? other) => one is null || other > one ? other ?? one : one;

    /// <summary>One JSON string.</summary>
    public byte[] ToJson() => Encoding.ASCII.GetBytes($"\"{GetUtcNow().ToString("u", CultureInfo.InvariantCulture)}\"\n");

    /// <summary>Null: there is none, or it is not one.</summary>
    private static DateTimeOffset? Read(string file)
    {
        try
        {
            var info = new FileInfo(file);
            return info.Exists && info.Length <= MaxOctets
                && DateTimeOffset.TryParseExact(File.ReadAllText(file).Trim('"', '\n'), "u", CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var time) && time < s_latest ? time : null;
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }
}
