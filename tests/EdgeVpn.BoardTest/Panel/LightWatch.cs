using System.Diagnostics;
using EdgeVpn.Board;
using EdgeVpn.Board.Definitions;
using EdgeVpn.BoardTest.Machine;
using EdgeVpn.Interop.Processes;

namespace EdgeVpn.BoardTest.Panel;

/// <summary>Somebody who never takes their eyes off the lights: every change of every pin, with its time.</summary>
internal sealed class LightWatch : IDisposable
{
    private const int KeptChanges = 400;
    private static readonly TimeSpan s_apart = LedPattern.Chase(0).Steps[0].Duration / 2;
    private static readonly TimeSpan s_look = TimeSpan.FromMilliseconds(8);

    private readonly Func<uint> _levels;
    private readonly int[] _lines;
    private readonly List<(TimeSpan Since, bool Lit)>[] _seen;
    private readonly Lock _lock = new();
    private readonly long _start = Stopwatch.GetTimestamp();
    private readonly Thread _thread;
    private volatile bool _stop;
    private TimeSpan _allLitSince = TimeSpan.MaxValue;

    /// <param name="lines">GPIO lines in the order of <see cref="Light"/>, or the only one.</param>
    public LightWatch(Func<uint> levels, IEnumerable<int> lines)
    {
        (_levels, _lines) = (levels, [.. lines]);
        _seen = [.. _lines.Select(_ => new List<(TimeSpan, bool)>())];
        _thread = new Thread(Run) { Name = "lights", IsBackground = true };
        _thread.Start();
    }

    /// <summary>The longest time that all lights were on together since <see cref="Forget"/>.</summary>
    public TimeSpan LongestLampTest { get; private set; }

    /// <summary>Why no more is seen: the emulator is gone.</summary>
    public Exception? Blinded { get; private set; }

    public static IEnumerable<int> LinesOf(BoardDefinition board) => board.Lights.Named().Select(named => named.Light.Gpio!.Value);

    /// <summary>What a light did, oldest first; the last one still lasts.</summary>
    public IReadOnlyList<Level> Seen(Light light)
    {
        lock (_lock)
        {
            var changes = _seen[(int)light];
            var now = Stopwatch.GetElapsedTime(_start);
            return [.. changes.Select((change, i) => new Level(change.Lit, (i + 1 < changes.Count ? changes[i + 1].Since : now) - change.Since))];
        }
    }

    /// <summary>Waits until a light shows a rhythm of the table.</summary>
    public Task ShowsAsync(Light light, LedPattern pattern, TimeSpan within) =>
        Until.TrueAsync($"the {light} light shows: {pattern}", within, () => Shows(light, pattern), Describe);

    /// <summary>Waits until all four lights do.</summary>
    public Task AllShowAsync(PanelPatterns patterns, TimeSpan within) => Until.TrueAsync(
        $"the lights show: {string.Join(", ", Enum.GetValues<Light>().Select(light => $"{light} {patterns[light]}"))}",
        within, () => Enum.GetValues<Light>().All(light => Shows(light, patterns[light])), Describe);

    /// <summary>Waits until the four lights chase: each in its rhythm, and one after another.</summary>
    public Task ChaseAsync(TimeSpan within) => Until.TrueAsync(
        "the lights chase, power, wan, vpn, cloud", within, () => Enum.GetValues<Light>().All(light => Shows(light, StatusPanel.Chase[light])) && IsInTurn(), Describe);

    /// <summary>True if no light came on together with another, and they did in their order.</summary>
    private bool IsInTurn()
    {
        lock (_lock)
        {
            var on = _seen.Select(static changes => changes.LastOrDefault(static change => change.Lit).Since).ToArray();
            var first = Array.IndexOf(on, on.Min());
            return Enumerable.Range(1, on.Length - 1).All(turn => on[(first + turn) % on.Length] - on[(first + turn - 1) % on.Length] > s_apart);
        }
    }

    /// <summary>From here on only what comes counts.</summary>
    public void Forget()
    {
        lock (_lock)
        {
            foreach (var changes in _seen) changes.RemoveRange(0, Math.Max(0, changes.Count - 1));
            for (var i = 0; i < _seen.Length; i++)
                if (_seen[i].Count > 0) _seen[i][0] = (Stopwatch.GetElapsedTime(_start), _seen[i][0].Lit);
            (LongestLampTest, _allLitSince) = (TimeSpan.Zero, TimeSpan.MaxValue);
        }
    }

    /// <summary>The latest changes in words, for messages.</summary>
    public string Describe() => Blinded?.Message ?? string.Join("; ", _lines.Select((_, i) =>
        $"{(Light)i} {string.Join(' ', Seen((Light)i).TakeLast(8).Select(level => $"{(level.Lit ? "on" : "off")} {level.Duration.TotalSeconds:0.00}"))}"));

    public void Dispose()
    {
        _stop = true;
        _thread.Join();
    }

    private bool Shows(Light light, LedPattern pattern) =>
        Blinded is null ? Rhythm.Shows(pattern, Seen(light)) : throw new InvalidOperationException($"the lights cannot be seen any more: {Blinded.Message}");

    private void Run()
    {
        try
        {
            while (!_stop)
            {
                Look(_levels());
                Thread.Sleep(s_look);
            }
        }
        catch (Exception gone) when (gone is IOException or InvalidOperationException or ObjectDisposedException)
        {
            Blinded = gone;
        }
    }

    private void Look(uint levels)
    {
        var now = Stopwatch.GetElapsedTime(_start);
        lock (_lock)
        {
            var all = true;
            for (var i = 0; i < _lines.Length; i++)
            {
                var lit = (levels >> _lines[i] & 1) != 0;
                all &= lit;
                if (_seen[i].Count > 0 && _seen[i][^1].Lit == lit) continue;
                _seen[i].Add((now, lit));
                if (_seen[i].Count > KeptChanges) _seen[i].RemoveAt(0);
            }

            _allLitSince = !all ? TimeSpan.MaxValue : _allLitSince == TimeSpan.MaxValue ? now : _allLitSince;
            if (all && now - _allLitSince > LongestLampTest) LongestLampTest = now - _allLitSince;
        }
    }
}
