using EdgeVpn.Ipsec;
using EdgeVpn.Model.Reasons;

namespace EdgeVpn.Appliance.Control;

/// <summary>Tells a tunnel that is made again and again from one that is renewed as it should be. Pure; one per connection, touched by the IKE thread alone.</summary>
/// <remarks>
/// IKE churn is a peer whose IKE SA comes up, is lost and comes up again; each peer of an open connection is counted by itself. Child churn is an IKE SA
/// that stays while its children are replaced more often than any sound lifetime asks for: Azure's shortest is 300 seconds. What a person asked for by hand
/// does not count.
/// </remarks>
internal sealed class ChurnWatch
{
    /// <summary>How far back it looks, and how long the last one is spoken of.</summary>
    public static readonly TimeSpan Window = TimeSpan.FromMinutes(10);

    /// <summary>IKE SAs of one peer within the window, none in place of another, that are churn.</summary>
    public const int IkeSas = 5;

    /// <summary>Child SAs in place of others within the window that are churn, where the lifetime does not ask for more.</summary>
    public const int ChildSas = 20;

    private const int Kept = 256; // of an open connection's many callers, and a laboratory's many rekeys, the last ones

    private readonly Queue<(Instant At, string Peer)> _established = new();
    private readonly Queue<Instant> _replaced = new();

    /// <summary>An IKE SA came up that is nobody's successor.</summary>
    public void Established(string peer, Instant now)
    {
        _established.Enqueue((now, peer));
        if (_established.Count > Kept) _established.Dequeue();
    }

    /// <summary>A child SA took the place of another.</summary>
    public void Replaced(Instant now)
    {
        _replaced.Enqueue(now);
        if (_replaced.Count > Kept) _replaced.Dequeue();
    }

    /// <summary>A person's hand: what comes of it is no fault.</summary>
    public void Forgive()
    {
        _established.Clear();
        _replaced.Clear();
    }

    /// <summary>What is going on; null: nothing unusual.</summary>
    /// <param name="childLifetime">As configured: a laboratory's is short, and three times what it asks for is still sound.</param>
    public (Reason Reason, string? Detail)? Look(TimeSpan childLifetime, Instant now)
    {
        while (_established.TryPeek(out var old) && now - old.At > Window) _established.Dequeue();
        while (_replaced.TryPeek(out var old) && now - old > Window) _replaced.Dequeue();
        // Most often there is nothing to group: this is asked twice a second.
        if (_established.Count >= IkeSas && _established.CountBy(static e => e.Peer).MaxBy(static p => p.Value) is { Value: >= IkeSas } most)
            return (ReasonCode.IkeChurn, $"{most.Value} IKE SAs with {most.Key} came up within {Window.TotalMinutes:0} minutes");
        return _replaced.Count >= Math.Max(ChildSas, 3 * (Window / childLifetime)) ? (ReasonCode.ChildChurn, $"{_replaced.Count} child SAs were replaced within {Window.TotalMinutes:0} minutes, the IKE SA stays") : null;
    }
}
