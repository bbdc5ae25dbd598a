using System.Collections.Immutable;
using EdgeVpn.Appliance.Capture;
using EdgeVpn.Appliance.Cloud;
using EdgeVpn.Linux;
using EdgeVpn.Model.Twin;
using EdgeVpn.Model.Usage;

namespace EdgeVpn.Appliance.Storage;

/// <summary>What survives a restart. Every file is readable JSON, mode 0600, in a folder of mode 0700.</summary>
/// <remarks>
/// <code>
///     certificates/    certificate files and revocation lists that a person put there; only read
///     confirmed.json   the last confirmed document      .last: the one before
///     device.json      fleet, device, broker, insecure  .last: the one before
///     enrolment.json   certificate, whom to believe     .last: the one before
///     keys.pem         the box's private keys           .last: the one before
///     twin.json        the twin's memory                .last: the one before
///     commands.json    when the last command was issued .last: the one before
///     outbox.json      events that wait for the broker  none: written often, and flash wears
///     recorder.json    the last IKE messages, events     none: the same
///     usage.json       hours and octets of tunnels       none: the same
///     standstill.txt   what stood still before the watchdog ended the daemon; the next one takes it away
///     time.json        the last known time               none: the same; a reset leaves it, for time goes on
/// </code>
/// A power cut at any moment leaves a file as it was or as it was to be. A file that cannot be used gives way to the one before it, and
/// <see cref="Notices"/> says so. A disk that is full or read-only is an answer, never an exception; the twin's own memory is the exception to that,
/// because its loop must not go on from what would be forgotten (<see cref="Write(TwinFile, ReadOnlySpan{byte})"/>).
/// </remarks>
public sealed class StateDirectory : ITwinStore
{
    /// <summary>Where it is on a box.</summary>
    public const string StandardFolder = "/var/lib/edgevpn";

    private readonly StateFile<ConfirmedDocument> _confirmed;
    private readonly StateFile<DeviceIdentity> _device;
    private readonly StateFile<byte[]> _memory;
    private readonly StateFile<Enrolment> _enrolment;
    private readonly StateFile<BoxKeyFile> _keys;
    private readonly StateFile<byte[]> _commands;
    private readonly string _outbox;
    private ImmutableList<string> _notices = [];
    private string? _deviceProblem;

    private StateDirectory(string folder)
    {
        Folder = System.IO.Path.GetFullPath(folder);
        _confirmed = new(At("confirmed.json"), ConfirmedDocument.Read);
        _device = new(At("device.json"), octets => DeviceIdentity.Read(octets, out _deviceProblem));
        _memory = new(At("twin.json"), octets => TwinMemory.Read(octets) is null ? null : octets);
        _commands = new(At("commands.json"), static octets => CommandFloor.Read(octets) is null ? null : octets);
        _outbox = At("outbox.json");
        _enrolment = new(At("enrolment.json"), Storage.Enrolment.Read);
        _keys = new(At("keys.pem"), BoxKeyFile.Read);
    }

    public string Folder { get; }

    /// <summary>Where a person puts certificate files and revocation lists; it need not be there.</summary>
    public string CertificateFolder => At("certificates");

    /// <summary>The document the box starts from; null if none was ever confirmed, or none can be read.</summary>
    public ConfirmedDocument? Confirmed { get; private set; }

    /// <summary>Who the box is, if it was ever told.</summary>
    public DeviceIdentity? Device { get; private set; }

    /// <summary>The fleet the box belongs to; null if it was never enrolled.</summary>
    public Enrolment? Enrolment { get; private set; }

    /// <summary>The box's own keys; null before <see cref="MakeKeys"/>.</summary>
    public IBoxKeys? Keys { get; private set; }

    /// <summary>What a person should know of this folder: files that had to be replaced by older ones, writes that failed. Newest last, at most 32.</summary>
    public IReadOnlyList<string> Notices => Volatile.Read(ref _notices);

    /// <summary>Makes the folder if needed and reads it. What cannot be read or made is a notice.</summary>
    public static StateDirectory Open(string folder = StandardFolder)
    {
        var state = new StateDirectory(folder);
        try
        {
            Directory.CreateDirectory(state.Folder, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            state.Notice($"{state.Folder} cannot be made: {e.Message}. Nothing will be remembered.");
        }

        state.Confirmed = state.Told(state._confirmed.Read());
        state.Device = state.Told(state._device.Read());
        state.Enrolment = state.Told(state._enrolment.Read());
        state.Keys = state.Told(state._keys.Read());
        if (state is { Device: null, _deviceProblem: { } problem }) state.Notice($"{state._device.Path} {problem}.");
        return state;
    }

    /// <summary>Makes this the document the box starts from; the one before stays beside it.</summary>
    /// <exception cref="ArgumentException">The body is not what the reference says.</exception>
    public StorageResult Confirm(DocumentReference reference, ReadOnlyMemory<byte> body)
    {
        if (DesiredDocument.Hash(body.Span) != reference.Sha256) throw new ArgumentException("The hash is not the body's.", nameof(reference));
        var document = new ConfirmedDocument(reference, body.ToArray());
        var result = Told(_confirmed.Write(document.ToJson()));
        if (result.IsOk) Confirmed = document;
        return result;
    }

    /// <summary>Remembers who the box is.</summary>
    public StorageResult Enrol(DeviceIdentity identity)
    {
        var result = Told(_device.Write(identity.ToJson()));
        if (result.IsOk) Device = identity;
        return result;
    }

    /// <summary>Makes the box's keys if it has none. They exist from here on, whatever becomes of the enrolment they are for.</summary>
    public StorageResult MakeKeys()
    {
        if (Keys is not null) return StorageResult.Ok;
        var keys = BoxKeyFile.Make();
        var pem = keys.ToPem();
        var result = Told(_keys.Write(pem));
        System.Security.Cryptography.CryptographicOperations.ZeroMemory(pem);
        if (result.IsOk) Keys = keys;
        else keys.Dispose();
        return result;
    }

    /// <summary>Begins a membership. What another fleet, or nobody, signed does not go on in it, and is forgotten first: a power cut in between leaves neither.</summary>
    public StorageResult Enter(Enrolment enrolment) =>
        Enrolment?.Identity != enrolment.Identity && Forget(enrolment: false) is { IsOk: false } stuck ? stuck : Join(enrolment);

    /// <summary>Remembers the membership in a fleet, or what changed of it.</summary>
    public StorageResult Join(Enrolment enrolment)
    {
        var result = Told(_enrolment.Write(enrolment.ToJson()));
        if (result.IsOk) Enrolment = enrolment;
        return result;
    }

    /// <summary>Back to the factory: forgets the configuration and the twin's notes; the enrolment too, if asked. The first failure is the answer; the rest is tried.</summary>
    public StorageResult Forget(bool enrolment)
    {
        var results = new List<StorageResult> { _confirmed.Delete(), _memory.Delete() };
        results.AddRange(new[] { _outbox, At(FlightLog.FileName), At(UsageDocument.FileName), At(StandstillNote.FileName) }.Select(note => new StateFile<byte[]>(note, o => o).Delete()));
        if (results[0].IsOk) Confirmed = null;
        if (enrolment)
        {
            // Which orders were done is remembered as long as there is anybody to order.
            results.AddRange([_commands.Delete(), _device.Delete(), _enrolment.Delete(), _keys.Delete()]);
            if (results[^3].IsOk) Device = null;
            if (results[^2].IsOk) Enrolment = null;
            if (results[^1].IsOk) Keys = null;
        }

        return Told(results.Find(r => !r.IsOk) ?? StorageResult.Ok);
    }

    /// <summary>The note, or the one before it; null if there is none. The outbox judges its own octets.</summary>
    public ReadOnlyMemory<byte>? Read(TwinFile file)
    {
        var octets = Told(file switch
        {
            TwinFile.Memory => _memory.Read(),
            TwinFile.Commands => _commands.Read(),
            _ => new StateFile<byte[]>(_outbox, all => all).Read(),
        });
        // Spelt out: a null array converts to memory of no octets, which is a note.
        return octets is null ? default(ReadOnlyMemory<byte>?) : octets.AsMemory();
    }

    /// <summary>Writes a note. Events that cannot be written wait in memory, and a notice says so; the others must be kept.</summary>
    /// <exception cref="IOException">The twin's memory, or which commands were done, could not be written.</exception>
    public void Write(TwinFile file, ReadOnlySpan<byte> octets)
    {
        if (file is TwinFile.Memory or TwinFile.Commands)
        {
            var result = Told((file == TwinFile.Memory ? _memory : _commands).Write(octets));
            if (!result.IsOk) throw new IOException(result.Sentence);
            return;
        }

        try
        {
            AtomicFile.Write(_outbox, octets);
        }
        catch (Exception e) when (e is LinuxException or IOException or UnauthorizedAccessException)
        {
            Told(StorageResult.From(_outbox, e));
        }
    }

    private string At(string name) => System.IO.Path.Combine(Folder, name);

    private T? Told<T>(Stored<T> stored)
        where T : class
    {
        if (stored.Notice is { } notice) Notice(notice);
        return stored.Value;
    }

    private StorageResult Told(StorageResult result)
    {
        if (!result.IsOk) Notice(result.Sentence);
        return result;
    }

    // A disk that stays full says the same again and again: once is enough.
    private void Notice(string text) => ImmutableInterlocked.Update(ref _notices, (list, one) => list.Contains(one) ? list : list.Count < 32 ? list.Add(one) : list.RemoveAt(0).Add(one), text);
}
