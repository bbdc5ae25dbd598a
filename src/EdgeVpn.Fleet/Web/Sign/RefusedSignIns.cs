using EdgeVpn.Fleet.Web.Store;

namespace EdgeVpn.Fleet.Web.Sign;

/// <summary>Writes refused sign-ins to the audit log: the first ones each, then a count, so that a flood fills no disk.</summary>
public sealed class RefusedSignIns(AuditLog audit, TimeProvider time)
{
    /// <summary>Written one by one within <see cref="Window"/>; what comes beyond them is counted.</summary>
    public const int Each = 20;

    private static readonly TimeSpan Window = TimeSpan.FromMinutes(10);

    private readonly Lock _lock = new();
    private DateTimeOffset _began = time.GetUtcNow();
    private int _count;

    public void Count(string from, string account, string why)
    {
        int beyond;
        lock (_lock)
        {
            var now = time.GetUtcNow();
            beyond = 0;
            if (now - _began > Window)
            {
                beyond = Math.Max(0, _count - Each);
                (_began, _count) = (now, 0);
            }

            _count++;
            if (_count > Each && beyond == 0) return;
        }

        if (beyond > 0) audit.Add("-", "", "sign-in-refused", "", $"and {beyond} more within {Window.TotalMinutes:0} minutes");
        audit.Add("-", from, "sign-in-refused", account, why);
    }
}
