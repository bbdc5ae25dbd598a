namespace EdgeVpn.Appliance.Tests.Setup;

/// <summary>Time that passes when a test says so; timers ring on the test's thread.</summary>
internal sealed class ManualTime : TimeProvider
{
    private readonly List<Timer> _timers = [];
    private TimeSpan _elapsed;

    public override long TimestampFrequency => TimeSpan.TicksPerSecond;

    public override long GetTimestamp() => _elapsed.Ticks;

    public override DateTimeOffset GetUtcNow() => DateTimeOffset.UnixEpoch.AddYears(60) + _elapsed;

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        var timer = new Timer(this, () => callback(state), _elapsed + dueTime);
        lock (_timers) _timers.Add(timer);
        return timer;
    }

    public void Pass(TimeSpan span)
    {
        _elapsed += span;
        List<Timer> due;
        lock (_timers)
        {
            due = [.. _timers.Where(timer => timer.At <= _elapsed)];
            _timers.RemoveAll(due.Contains);
        }

        foreach (var timer in due) timer.Ring();
    }

    private sealed class Timer(ManualTime time, Action ring, TimeSpan at) : ITimer
    {
        public TimeSpan At { get; } = at;

        public void Ring() => ring();

        public bool Change(TimeSpan dueTime, TimeSpan period) => throw new NotSupportedException();

        public void Dispose()
        {
            lock (time._timers) time._timers.Remove(this);
        }

        public ValueTask DisposeAsync()
        {
            Dispose();
            return ValueTask.CompletedTask;
        }
    }
}
