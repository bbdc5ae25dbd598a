using EdgeVpn.Ipsec;
using EdgeVpn.Ipsec.Ike;

namespace EdgeVpn.Appliance.Capture;

/// <summary>Keys for a capture that someone asked for: IKE keys as they are, ESP keys of child SAs made while the loan lasts.</summary>
/// <remarks>
/// Nothing is remembered unless asked: the data plane keeps no copy of an ESP key that could be read back, and neither does this when the loan is over.
/// Touched by the IKE thread alone.
/// </remarks>
public sealed class KeyLoan
{
    /// <summary>Longest loan: an hour's capture and a minute to fetch them.</summary>
    public static readonly TimeSpan Longest = LiveCapture.MaxTime + TimeSpan.FromMinutes(1);

    private const int MaxRows = 256;
    private readonly List<string> _esp = [];
    private Instant _until;

    /// <summary>A child SA is about to be installed; its secrets are still there.</summary>
    public void See(IkeOutput.InstallChildSa child, Instant now)
    {
        if (Expire(now)) return;
        _esp.AddRange(WiresharkKeys.Esp(child));
        if (_esp.Count > MaxRows) _esp.RemoveRange(0, _esp.Count - MaxRows);
    }

    /// <summary>Lends, or goes on lending, for <paramref name="time"/>.</summary>
    /// <param name="live">Keys of the IKE SAs there are.</param>
    public LentKeys Lend(IReadOnlyList<IkeOutput.KeysExported> live, TimeSpan time, Instant now)
    {
        Expire(now);
        var until = now + (time < Longest ? time : Longest);
        if (until > _until) _until = until;
        var rows = live.Select(WiresharkKeys.Ike).ToList();
        return new LentKeys([.. rows.OfType<string>()], [.. _esp], rows.Count(row => row is null));
    }

    /// <summary>True if nothing is lent; what was is forgotten.</summary>
    public bool Expire(Instant now)
    {
        if (now < _until) return false;
        _esp.Clear();
        return true;
    }
}
