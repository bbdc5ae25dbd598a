using System.Buffers.Binary;
using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using System.Text;
using EdgeVpn.Interop.Net;

namespace EdgeVpn.Interop.Traffic;

/// <summary>What arrived of a numbered stream.</summary>
/// <param name="Refused">Of those sent, how many the sending host's own kernel refused; they count as lost too.</param>
/// <param name="Missing">Sequence numbers that never came, the first hundred.</param>
/// <param name="LongestGap">Between two arrivals.</param>
public sealed record UdpStreamResult(int Sent, int Received, int Lost, int Duplicated, int Reordered, int Corrupted, int Refused, TimeSpan LongestGap, IReadOnlyList<int> Missing);

/// <summary>
/// A steady stream of numbered datagrams from one LAN host to the other; every one is told apart, so a single loss shows.
/// </summary>
/// <remarks>
/// <code>
///   | sequence (4) | length (4) | Ping.Mark (16) | (sequence + position) mod 251 … |
/// </code>
/// </remarks>
public sealed class UdpStream : IAsyncDisposable
{
    private const int HeaderOctets = 24;
    private static readonly TimeSpan Quiet = TimeSpan.FromMilliseconds(500);

    private readonly Socket _sender;
    private readonly Socket _receiver;
    private readonly int _payloadOctets;
    private readonly CancellationTokenSource _stopSending = new();
    private readonly CancellationTokenSource _stopReceiving = new();
    private readonly Dictionary<int, int> _seen = [];
    private readonly Task _sending;
    private readonly Task _receiving;
    private int _sent;
    private int _refused;
    private int _received;
    private int _reordered;
    private int _corrupted;
    private long _lastArrival;
    private TimeSpan _longestGap;

    private UdpStream(Socket sender, Socket receiver, int packetsPerSecond, int payloadOctets)
    {
        _sender = sender;
        _receiver = receiver;
        _payloadOctets = payloadOctets;
        _lastArrival = Stopwatch.GetTimestamp();
        _receiving = Task.Run(ReceiveAsync);
        _sending = Task.Run(() => SendAsync(packetsPerSecond));
    }

    public int Sent => Volatile.Read(ref _sent);

    public int Received => Volatile.Read(ref _received);

    /// <summary>Starts sending; addresses belong to the two nodes.</summary>
    public static UdpStream Start(Lab lab, Node from, string source, Node to, string destination, int packetsPerSecond = 200, int payloadOctets = 200)
    {
        var receiver = NetnsSockets.Udp(lab, to, IPAddress.Parse(destination));
        receiver.ReceiveBufferSize = 4 << 20;
        var sender = NetnsSockets.Udp(lab, from, IPAddress.Parse(source));
        sender.Connect(receiver.LocalEndPoint!);
        return new UdpStream(sender, receiver, packetsPerSecond, Math.Max(payloadOctets, HeaderOctets));
    }

    /// <summary>From the branch's host to the cloud's.</summary>
    public static UdpStream ToCloud(Lab lab, int packetsPerSecond = 200) =>
        Start(lab, Node.BranchLan, LabAddresses.BranchHost, Node.CloudLan, LabAddresses.CloudHost, packetsPerSecond);

    /// <summary>From the cloud's host to the branch's.</summary>
    public static UdpStream ToBranch(Lab lab, int packetsPerSecond = 200) =>
        Start(lab, Node.CloudLan, LabAddresses.CloudHost, Node.BranchLan, LabAddresses.BranchHost, packetsPerSecond);

    /// <summary>Stops sending, waits until nothing more arrives, and counts.</summary>
    public async Task<UdpStreamResult> FinishAsync()
    {
        await _stopSending.CancelAsync();
        await _sending;
        var start = Stopwatch.GetTimestamp();
        while (Received < Sent && Stopwatch.GetElapsedTime(start) < Quiet) await Task.Delay(10);
        await _stopReceiving.CancelAsync();
        await _receiving;
        var missing = Enumerable.Range(0, Sent).Where(sequence => !_seen.ContainsKey(sequence)).ToArray();
        var duplicated = _seen.Values.Sum(count => count - 1);
        return new UdpStreamResult(Sent, _received, missing.Length, duplicated, _reordered, _corrupted, _refused, _longestGap, [.. missing.Take(100)]);
    }

    public async ValueTask DisposeAsync()
    {
        await _stopSending.CancelAsync();
        await _stopReceiving.CancelAsync();
        await Task.WhenAll(_sending, _receiving);
        _sender.Dispose();
        _receiver.Dispose();
        _stopSending.Dispose();
        _stopReceiving.Dispose();
    }

    private async Task SendAsync(int packetsPerSecond)
    {
        var packet = new byte[_payloadOctets];
        var start = Stopwatch.GetTimestamp();
        while (!_stopSending.IsCancellationRequested)
        {
            // A late timer is made up for, so that the rate holds on a busy machine.
            var due = (int)(Stopwatch.GetElapsedTime(start).TotalSeconds * packetsPerSecond) + 1;
            for (; _sent < due; Volatile.Write(ref _sent, _sent + 1))
            {
                Fill(packet, _sent);
                await TrySendAsync(packet);
            }

            await Task.Delay(5);
        }
    }

    // A route that is gone, or an unreachable that came back, is a loss like any other.
    private async Task TrySendAsync(byte[] packet)
    {
        try
        {
            await _sender.SendAsync(packet);
        }
        catch (SocketException)
        {
            _refused++;
        }
    }

    private async Task ReceiveAsync()
    {
        var buffer = new byte[65536];
        var highest = -1;
        try
        {
            while (true)
            {
                var length = await _receiver.ReceiveAsync(buffer.AsMemory(), _stopReceiving.Token);
                var now = Stopwatch.GetTimestamp();
                var gap = Stopwatch.GetElapsedTime(_lastArrival, now);
                if (_received > 0 && gap > _longestGap) _longestGap = gap;
                _lastArrival = now;
                Volatile.Write(ref _received, _received + 1);
                if (Check(buffer.AsSpan(0, length)) is not { } sequence)
                {
                    _corrupted++;
                    continue;
                }

                _seen[sequence] = _seen.GetValueOrDefault(sequence) + 1;
                if (sequence < highest) _reordered++;
                else highest = sequence;
            }
        }
        catch (OperationCanceledException)
        {
            // FinishAsync or DisposeAsync asked for it.
        }
    }

    private static void Fill(Span<byte> packet, int sequence)
    {
        BinaryPrimitives.WriteInt32BigEndian(packet, sequence);
        BinaryPrimitives.WriteInt32BigEndian(packet[4..], packet.Length);
        Encoding.ASCII.GetBytes(Ping.Mark, packet[8..]);
        for (var at = HeaderOctets; at < packet.Length; at++) packet[at] = (byte)((sequence + at) % 251);
    }

    private int? Check(ReadOnlySpan<byte> packet)
    {
        if (packet.Length != _payloadOctets) return null;
        var sequence = BinaryPrimitives.ReadInt32BigEndian(packet);
        Span<byte> expected = stackalloc byte[packet.Length];
        Fill(expected, sequence);
        return packet.SequenceEqual(expected) ? sequence : null;
    }
}
