using System.Buffers.Binary;
using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using System.Text;
using EdgeVpn.Interop.Net;

namespace EdgeVpn.Interop.Traffic;

/// <summary>What a run of echo requests counted.</summary>
public sealed record PingResult(int Sent, int Received, int Duplicates);

/// <summary>Echo requests from a node, counted one by one.</summary>
/// <remarks>
/// Not ping(8): after its last request that waits for two round trips only, so that on a busy machine the last answer counts as lost.
/// </remarks>
public static class Ping
{
    /// <summary>Sixteen octets that every probe carries again and again, so that a capture can be searched for them.</summary>
    public const string Mark = "EDGEVPN-IN-CLEAR";

    /// <summary>What a probe carries that is meant to leave in clear.</summary>
    private const string OpenMark = "edgevpn-may-be-read";

    private const int IcmpHeader = 8;
    private static readonly TimeSpan LastAnswer = TimeSpan.FromSeconds(3); // a busy machine answers late, and late is not lost
    private static readonly TimeSpan OneAnswer = TimeSpan.FromSeconds(1);
    private static int _identifiers = Environment.ProcessId;

    /// <summary>Sends <paramref name="count"/> echo requests; losses are counted, not thrown.</summary>
    /// <param name="size">Octets after the ICMP header; at least the mark's.</param>
    /// <param name="inClear">The probe belongs outside every tunnel: it carries no mark that a capture is searched for.</param>
    /// <param name="patience">For the last answer.</param>
    public static async Task<PingResult> RunAsync(Lab lab, Node from, string to, int count = 5, TimeSpan? interval = null, int size = 56, bool inClear = false, TimeSpan? patience = null)
    {
        var destination = IPAddress.Parse(to);
        var v6 = destination.AddressFamily == AddressFamily.InterNetworkV6;
        var identifier = (ushort)Interlocked.Increment(ref _identifiers);
        using var socket = NetnsSockets.Open(lab, from, destination.AddressFamily, SocketType.Raw, v6 ? ProtocolType.IcmpV6 : ProtocolType.Icmp);
        socket.ReceiveBufferSize = 1 << 20;
        var answers = new int[count];
        using var enough = new CancellationTokenSource();
        var receiving = ReceiveAsync(socket, v6, identifier, answers, enough.Token);
        for (var sequence = 0; sequence < count; sequence++)
        {
            await SendAsync(socket, new IPEndPoint(destination, 0), Request(v6, identifier, (ushort)sequence, size, inClear ? OpenMark : Mark));
            if (sequence < count - 1) await Task.Delay(interval ?? TimeSpan.FromMilliseconds(10));
        }

        var sent = Stopwatch.GetTimestamp();
        while (answers.Contains(0) && Stopwatch.GetElapsedTime(sent) < (patience ?? LastAnswer)) await Task.Delay(2);
        await enough.CancelAsync();
        await receiving;
        var result = new PingResult(count, answers.Count(answer => answer > 0), answers.Sum(answer => Math.Max(0, answer - 1)));
        lab.Journal($"echo {from} > {to}: {result}\n");
        return result;
    }

    /// <summary>Whether one echo comes back within a second.</summary>
    public static async Task<bool> AnswersAsync(Lab lab, Node from, string to, bool inClear = false) =>
        (await RunAsync(lab, from, to, count: 1, inClear: inClear, patience: OneAnswer)).Received == 1;

    // No route or an unreachable that came back: a loss like any other.
    private static async Task SendAsync(Socket socket, IPEndPoint destination, byte[] request)
    {
        try
        {
            await socket.SendToAsync(request, destination);
        }
        catch (SocketException)
        {
            return;
        }
    }

    private static async Task ReceiveAsync(Socket socket, bool v6, ushort identifier, int[] answers, CancellationToken enough)
    {
        var buffer = new byte[65536];
        while (!enough.IsCancellationRequested)
        {
            try
            {
                var length = await socket.ReceiveAsync(buffer.AsMemory(), enough);
                if (Answer(buffer.AsSpan(0, length), v6, identifier) is { } sequence && sequence < answers.Length) Interlocked.Increment(ref answers[sequence]);
            }
            catch (OperationCanceledException)
            {
                return;
            }
            catch (SocketException)
            {
                continue;
            }
        }
    }

    private static byte[] Request(bool v6, ushort identifier, ushort sequence, int size, string words)
    {
        var packet = new byte[IcmpHeader + Math.Max(size, words.Length)];
        packet[0] = (byte)(v6 ? 128 : 8);
        BinaryPrimitives.WriteUInt16BigEndian(packet.AsSpan(4), identifier);
        BinaryPrimitives.WriteUInt16BigEndian(packet.AsSpan(6), sequence);
        var mark = Encoding.ASCII.GetBytes(words);
        for (var at = IcmpHeader; at < packet.Length; at++) packet[at] = mark[(at - IcmpHeader) % mark.Length];
        if (!v6) BinaryPrimitives.WriteUInt16BigEndian(packet.AsSpan(2), Checksum(packet)); // the kernel does ICMPv6's (RFC 3542 §3.1)
        return packet;
    }

    private static ushort? Answer(ReadOnlySpan<byte> packet, bool v6, ushort identifier)
    {
        var icmp = v6 ? packet : packet.Length < 20 ? default : packet[((packet[0] & 15) * 4)..];
        var isAnswer = icmp.Length >= IcmpHeader && icmp[0] == (v6 ? 129 : 0) && BinaryPrimitives.ReadUInt16BigEndian(icmp[4..]) == identifier;
        return isAnswer ? BinaryPrimitives.ReadUInt16BigEndian(icmp[6..]) : null;
    }

    private static ushort Checksum(ReadOnlySpan<byte> octets)
    {
        uint sum = 0;
        for (var at = 0; at < octets.Length; at++) sum += at % 2 == 0 ? (uint)octets[at] << 8 : octets[at];
        while (sum >> 16 != 0) sum = (sum & 0xffff) + (sum >> 16);
        return (ushort)~sum;
    }
}
