using System.Diagnostics;
using System.Reflection;
using EdgeVpn.Appliance.Storage;
using EdgeVpn.Linux;
using Xunit;

namespace EdgeVpn.Appliance.Tests.Storage;

/// <summary>What a process that is killed right before a step of a write leaves in its folder.</summary>
/// <param name="Number">From 0.</param>
/// <param name="Moment">open, write, fsync, rename, delete or fsync folder, and of which file.</param>
/// <param name="Files">Everything there, staging files included.</param>
internal sealed record KilledHere(int Number, string Moment, IReadOnlyDictionary<string, byte[]> Files)
{
    public static bool IsStaging(string name) => name.StartsWith('.') && name.EndsWith(".new", StringComparison.Ordinal);

    /// <summary>The same to a reader: staging files are nobody's.</summary>
    public bool Shows(KilledHere other) => Visible.Count() == other.Visible.Count() && Visible.All(f => other.Files.TryGetValue(f.Key, out var octets) && octets.AsSpan().SequenceEqual(f.Value));

    /// <summary>Lays it out. Of what was never synced a power cut may leave less than was written.</summary>
    public void LayOut(string folder)
    {
        Directory.CreateDirectory(folder);
        foreach (var (name, octets) in Files) File.WriteAllBytes(Path.Combine(folder, name), IsStaging(name) ? octets[..(octets.Length / 2)] : octets);
    }

    private IEnumerable<KeyValuePair<string, byte[]>> Visible => Files.Where(static f => !IsStaging(f.Key));
}

/// <summary>Looks at a folder before each step of each write of whatever runs meanwhile, and knows what every file may hold then.</summary>
/// <remarks>The writes are found by the code that makes them (<see cref="AtomicFile.BeforeStep"/>), not by a list: a new one is looked at as soon as it happens.
/// A file that changed without having been announced there was not written by <see cref="AtomicFile"/>, and is a failure.</remarks>
internal sealed class KillWatch : IDisposable
{
    private readonly string _folder;
    private readonly Lock _lock = new();
    private readonly Dictionary<string, (byte[]? Now, byte[]? Next)> _files = new(StringComparer.Ordinal);
    private readonly HashSet<MethodBase> _writers = [];
    private readonly List<KilledHere> _moments = [];
    private readonly List<string> _torn = [];

    public KillWatch(string folder)
    {
        _folder = folder;
        AtomicFile.BeforeStep = Look;
    }

    /// <summary>In the order in which they came.</summary>
    public IReadOnlyList<KilledHere> Moments
    {
        get
        {
            lock (_lock) return [.. _moments];
        }
    }

    /// <summary>Methods that were at work when something was written.</summary>
    public IReadOnlySet<MethodBase> Writers => _writers;

    /// <summary>Files that were neither what they had been nor what they were to be; empty if all is well.</summary>
    public IReadOnlyList<string> Torn
    {
        get
        {
            lock (_lock)
            {
                Judge(Files(), "the end");
                return [.. _torn];
            }
        }
    }

    public void Dispose() => AtomicFile.BeforeStep = null;

    private void Look(string step, string path, ReadOnlySpan<byte> octets)
    {
        lock (_lock)
        {
            if (Path.GetDirectoryName(path) != _folder) return;
            var name = Path.GetFileName(path);
            var moment = $"{step} {name}";
            var files = Files();
            Judge(files, moment);
            if (step is "open" or "delete") _files[name] = (files.GetValueOrDefault(name), step == "open" ? octets.ToArray() : null);
            _moments.Add(new KilledHere(_moments.Count, moment, files));
            foreach (var frame in new StackTrace().GetFrames())
            {
                if (frame.GetMethod() is { } method) _writers.Add(method);
            }
        }
    }

    /// <summary>Old or new, whole.</summary>
    private void Judge(Dictionary<string, byte[]> files, string moment)
    {
        foreach (var name in files.Keys.Where(static n => !KilledHere.IsStaging(n)).Union(_files.Keys).ToArray())
        {
            var there = files.GetValueOrDefault(name);
            if (!_files.TryGetValue(name, out var may)) _torn.Add($"{name} before {moment}: changed by something that is no AtomicFile");
            else if (Same(there, may.Next)) _files[name] = (there, may.Next);
            else if (!Same(there, may.Now)) _torn.Add($"{name} before {moment}: {there?.Length.ToString(null, null) ?? "no"} octets, neither what it was nor what it was to be");
        }
    }

    private Dictionary<string, byte[]> Files() =>
        Directory.GetFiles(_folder).ToDictionary(static file => Path.GetFileName(file)!, File.ReadAllBytes, StringComparer.Ordinal);

    private static bool Same(byte[]? a, byte[]? b) => a is null ? b is null : b is not null && a.AsSpan().SequenceEqual(b);
}
