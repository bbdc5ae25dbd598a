namespace EdgeVpn.Appliance.Runtime.DataPlane;

/// <summary>Keeps one peer from starving the others of one queue. IKE thread, about twice a second; nothing happens as long as the kernel drops nothing.</summary>
/// <remarks>
/// A queue that overflows drops from everybody alike: who sends ten times what can be worked on takes nine tenths of the others' packets with it. Then
/// the greedy are held to an equal share, by refusing theirs before the cipher, and who asks for less than that loses nothing:
/// <code>
///     octets asked for    ▂ ▃ █ █    share ─ ─ ─    the level at which all that is carried adds up to what the worker managed, less a tenth
/// </code>
/// The tenth lets the queue run empty. Every now and then, less often each time that it goes wrong, the shares grow until nobody needs one.
/// What cannot be helped from here is a flood that even reading and refusing is too slow for.
/// </remarks>
internal sealed class FairShares
{
    private const double Headroom = 0.9;
    private const double Growth = 1.05;
    private const int MostPatience = 32; // beats, a quarter of a minute

    // What a burst of TCP loses now and then is its own business.
    private const double TolerableLoss = 0.01;
    private const int FullPacketOctets = 1400;

    private int _patience = 1;
    private int _wait;

    /// <param name="shares">Of those who share the queue.</param>
    /// <param name="dropped">Packets that the kernel dropped for want of room since the last call.</param>
    /// <param name="interval">Since the last call.</param>
    public void Adjust(IReadOnlyCollection<FairShare> shares, long dropped, TimeSpan interval)
    {
        var demands = new List<(FairShare Share, long Offered)>(shares.Count);
        long carried = 0;
        foreach (var share in shares)
        {
            var news = share.TakeNews();
            carried += news.Carried;
            if (news.Offered > 0) demands.Add((share, news.Offered));
            else share.BitsPerSecond = 0;
        }

        if (interval <= TimeSpan.Zero) return;
        var isOverloaded = dropped > TolerableLoss * carried / FullPacketOctets && dropped > 1;
        if (isOverloaded && demands.Count > 1) Divide(demands, (long)(carried * Headroom), interval);
        else if (!isOverloaded) Relax(demands, interval);
    }

    private void Divide(List<(FairShare Share, long Offered)> demands, long octets, TimeSpan interval)
    {
        demands.Sort(static (a, b) => a.Offered.CompareTo(b.Offered));
        for (var i = 0; i < demands.Count; i++)
        {
            var level = octets / (demands.Count - i);
            var (share, offered) = demands[i];
            share.BitsPerSecond = offered <= level ? 0 : Rate(level, interval);
            octets -= Math.Min(offered, level);
        }

        _wait = _patience;
        _patience = Math.Min(2 * _patience, MostPatience);
    }

    private void Relax(List<(FairShare Share, long Offered)> demands, TimeSpan interval)
    {
        var isGrowing = --_wait < 0;
        var isOver = true;
        foreach (var (share, offered) in demands)
        {
            if (share.BitsPerSecond == 0) continue;
            if (Rate(offered, interval) < share.BitsPerSecond) share.BitsPerSecond = 0; // it asks for less than it may have
            else if (isGrowing) share.BitsPerSecond = (long)(share.BitsPerSecond * Growth);
            isOver &= share.BitsPerSecond == 0;
        }

        if (isOver) (_patience, _wait) = (1, 0);
    }

    private static long Rate(long octets, TimeSpan interval) => Math.Max(1, (long)(octets * 8 / interval.TotalSeconds));
}
