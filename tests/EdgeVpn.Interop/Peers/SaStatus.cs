using System.Collections.Immutable;

namespace EdgeVpn.Interop.Peers;

/// <summary>One IKE SA as an end tells it.</summary>
/// <param name="InitiatorSpi">16 lower-case hex digits.</param>
/// <param name="ResponderSpi">16 lower-case hex digits.</param>
/// <param name="Age">Since it was established; zero before.</param>
public sealed record IkeSaStatus(
    string State, bool IsEstablished, string InitiatorSpi, string ResponderSpi, bool IsInitiator, TimeSpan Age, ImmutableArray<ChildSaStatus> Children)
{
    /// <summary>This end's address, as the peer is spoken to from.</summary>
    public string Local { get; init; } = "";

    /// <summary>The peer's address.</summary>
    public string Remote { get; init; } = "";
}

/// <summary>One pair of ESP SAs as an end tells it. Packets and octets are inner ones, since its installation.</summary>
public sealed record ChildSaStatus(
    string State, bool IsInstalled, uint SpiIn, uint SpiOut, long PacketsIn, long OctetsIn, long PacketsOut, long OctetsOut,
    bool IsUdpEncapsulated, ImmutableArray<string> LocalSelectors, ImmutableArray<string> RemoteSelectors);

/// <summary>Why an end has no tunnel, in its own words.</summary>
/// <param name="Notify">IANA name of the notification that was sent or received, <c>SILENT</c> if nothing came; null if the product does not say.</param>
/// <param name="Reason">The code of our catalogue; null for a product that has none.</param>
public sealed record TunnelFault(string? Notify, int? Reason, string Text);

/// <summary>Short questions about a list of SAs.</summary>
public static class SaStatusQuestions
{
    public static ImmutableArray<IkeSaStatus> Established(this ImmutableArray<IkeSaStatus> sas) => [.. sas.Where(sa => sa.IsEstablished)];

    public static ImmutableArray<ChildSaStatus> Children(this ImmutableArray<IkeSaStatus> sas) =>
        [.. sas.Where(sa => sa.IsEstablished).SelectMany(sa => sa.Children).Where(child => child.IsInstalled)];
}
