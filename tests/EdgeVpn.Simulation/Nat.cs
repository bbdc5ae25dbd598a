namespace EdgeVpn.Simulation;

/// <summary>Address translation between the two ends: each end's address as the other sees it.</summary>
/// <param name="Initiator">Null: the initiator's own address.</param>
/// <param name="Responder">Null: the responder's own address; otherwise what the initiator sends to.</param>
/// <param name="PortOffset">Added to the initiator's port where its address is translated: a mapping that moved has another.</param>
internal sealed record Nat(IpAddress? Initiator = null, IpAddress? Responder = null, ushort PortOffset = 10_000)
{
    public static readonly Nat None = new();

    /// <summary>The initiator's own address, behind its NAT.</summary>
    public IpAddress Inside { get; init; } = IpAddress.Parse("192.0.2.2");

    private static readonly IpAddress ResponderInside = IpAddress.Parse("203.0.113.2");

    /// <summary>From the path a datagram left the initiator on to the path the responder sees.</summary>
    public Path AtResponder(Path sent) => new(
        Responder is null ? sent.Remote : sent.Remote with { Address = ResponderInside },
        Initiator is { } translated ? new IpEndpoint(translated, (ushort)(sent.Local.Port + PortOffset)) : sent.Local);

    /// <summary>From the path a datagram left the responder on to the path the initiator sees.</summary>
    public Path AtInitiator(Path sent) => new(
        Initiator is null ? sent.Remote : new IpEndpoint(Inside, (ushort)(sent.Remote.Port - PortOffset)),
        Responder is { } address ? sent.Local with { Address = address } : sent.Local);
}
