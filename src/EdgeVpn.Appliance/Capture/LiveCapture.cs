using EdgeVpn.Linux;

namespace EdgeVpn.Appliance.Capture;

/// <summary>Looks at packets as they pass: those inside the tunnels in clear, those outside sealed. The daemon and its packet path do not notice.</summary>
/// <remarks>IKE is left to the flight recorder, which knows what each message is. Bounded: packets, octets, time.</remarks>
public sealed class LiveCapture(CaptureFilter filter, IReadOnlySet<int> tunnels, TimeProvider time)
{
    public const int MaxPackets = 200_000;

    /// <summary>In memory until it is written, on a box of 512 MB.</summary>
    public const long MaxOctets = 32_000_000;

    /// <summary>Longest capture.</summary>
    public static readonly TimeSpan MaxTime = TimeSpan.FromHours(1);

    private static readonly TimeSpan s_patience = TimeSpan.FromMilliseconds(200);
    private readonly List<CapturedPacket> _packets = [];
    private long _octets;

    /// <summary>What ended it before its time; null if nothing did.</summary>
    public string? Bound { get; private set; }

    /// <summary>What was taken.</summary>
    public IReadOnlyList<CapturedPacket> Packets => _packets;

    /// <summary>Looks until the time is over, a bound is reached, or <paramref name="cancel"/>.</summary>
    /// <exception cref="LinuxException">The privilege is missing.</exception>
    public void Run(TimeSpan duration, CancellationToken cancel)
    {
        using var socket = PacketSocket.Open(s_patience);
        var start = time.GetTimestamp();
        var buffer = new byte[65_536];
        while (Bound is null && !cancel.IsCancellationRequested && time.GetElapsedTime(start) < duration)
            if (socket.TryReceive(buffer, out var captured, out var seen)) See(buffer.AsSpan(0, captured), seen);
    }

    /// <summary>One packet, taken or not.</summary>
    internal void See(ReadOnlySpan<byte> packet, PacketSighting seen)
    {
        var isInner = tunnels.Contains(seen.InterfaceIndex);
        if (isInner ? !filter.TakesInner(packet) : !filter.TakesSealed(packet)) return;
        var kept = packet[..Math.Min(packet.Length, filter.PacketOctets)].ToArray();
        // What leaves by the tunnel's interface goes towards the peer.
        _packets.Add(new CapturedPacket(time.GetUtcNow(), seen.IsOutgoing ? PacketDirection.Out : PacketDirection.In, kept, seen.Length, [isInner ? "inside the tunnel" : "sealed"]));
        _octets += kept.Length + 32; // the block around it
        if (_packets.Count >= MaxPackets) Bound = $"{MaxPackets} packets";
        else if (_octets >= filter.FileOctets) Bound = $"{filter.FileOctets} octets";
    }

    /// <summary>The index of an interface; null if it is not there.</summary>
    public static int? IndexOf(string name)
    {
        var file = $"/sys/class/net/{name}/ifindex";
        return File.Exists(file) && int.TryParse(File.ReadAllText(file).Trim(), out var index) ? index : null;
    }
}
