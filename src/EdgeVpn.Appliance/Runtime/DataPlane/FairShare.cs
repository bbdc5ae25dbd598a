namespace EdgeVpn.Appliance.Runtime.DataPlane;

/// <summary>One direction of one peer: what it asked for, and what it gets while the queue that it shares with others overflows (<see cref="FairShares"/>).</summary>
internal sealed class FairShare
{
    private readonly RateLimit _limit = new();
    private long _offered;
    private long _refused;
    private long _offeredBefore;
    private long _refusedBefore;

    /// <summary>Worker: so many octets are there to be worked on. Before the cipher, or refusing them would cost what it is to save.</summary>
    /// <remarks>Two workers may lose each other's count now and then: it decides shares, not bills.</remarks>
    public bool TryTake(int octets)
    {
        var isTaken = _limit.TryTake(octets);
        Count(octets, isTaken ? 0 : octets);
        return isTaken;
    }

    internal void Count(long offered, long refused)
    {
        Volatile.Write(ref _offered, _offered + offered);
        if (refused > 0) Volatile.Write(ref _refused, _refused + refused);
    }

    /// <summary>IKE thread: zero, no limit.</summary>
    public long BitsPerSecond
    {
        get => _limit.BitsPerSecond;
        set => _limit.BitsPerSecond = value;
    }

    /// <summary>IKE thread: octets since the last call, and those of them that went on.</summary>
    public (long Offered, long Carried) TakeNews()
    {
        var (offered, refused) = (Volatile.Read(ref _offered), Volatile.Read(ref _refused));
        var news = offered - _offeredBefore;
        var carried = news - (refused - _refusedBefore);
        (_offeredBefore, _refusedBefore) = (offered, refused);
        return (news, Math.Max(0, carried));
    }
}

/// <summary>Both directions of one peer; its children and their successors share it.</summary>
internal sealed class PeerShare
{
    public FairShare Out { get; } = new();

    public FairShare In { get; } = new();
}
