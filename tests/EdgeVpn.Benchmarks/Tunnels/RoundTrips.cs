using System.Buffers.Binary;
using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using EdgeVpn.Interop.Net;

namespace EdgeVpn.Benchmarks.Tunnels;

/// <summary>Echoes one after another from a thread of this process, so that no process start or timer is in between.</summary>
internal static class RoundTrips
{
    private const int Octets = 64;
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(2);

    /// <returns>Milliseconds of the median and of the 99th percentile; lost echoes count as the longest wait.</returns>
    public static (double Median, double NinetyNinth) Run(Contender contender, TimeSpan time, CancellationToken stop)
    {
        var (from, to) = contender.Addresses;
        using var socket = NetnsSockets.Open(contender.Lab, Node.Box, AddressFamily.InterNetwork, SocketType.Raw, ProtocolType.Icmp);
        socket.Bind(new IPEndPoint(IPAddress.Parse(from), 0));
        socket.ReceiveTimeout = 500;
        EndPoint target = new IPEndPoint(IPAddress.Parse(to), 0);
        var request = new byte[Octets];
        var answer = new byte[2048];
        var identifier = (ushort)Environment.ProcessId;
        var times = new List<double>();
        var start = Stopwatch.GetTimestamp();
        for (ushort sequence = 0; Stopwatch.GetElapsedTime(start) < time && !stop.IsCancellationRequested; sequence++)
        {
            Write(request, identifier, sequence);
            var sent = Stopwatch.GetTimestamp();
            socket.SendTo(request, target);
            var isAnswered = Await(socket, answer, identifier, sequence);
            times.Add(isAnswered ? Stopwatch.GetElapsedTime(sent).TotalMilliseconds : socket.ReceiveTimeout);
            Thread.Sleep(Pause);
        }

        times.Sort();
        return times.Count == 0 ? (double.NaN, double.NaN) : (times[times.Count / 2], times[times.Count * 99 / 100]);
    }

    private static bool Await(Socket socket, byte[] buffer, ushort identifier, ushort sequence)
    {
        var start = Stopwatch.GetTimestamp();
        while (Stopwatch.GetElapsedTime(start).TotalMilliseconds < socket.ReceiveTimeout)
        {
            int octets;
            try
            {
                octets = socket.Receive(buffer);
            }
            catch (SocketException late) when (late.SocketErrorCode is SocketError.TimedOut or SocketError.WouldBlock)
            {
                return false;
            }

            var icmp = buffer.AsSpan(0, octets)[((buffer[0] & 15) * 4)..];
            if (icmp.Length >= 8 && icmp[0] == 0 && BinaryPrimitives.ReadUInt16BigEndian(icmp[4..]) == identifier
                && BinaryPrimitives.ReadUInt16BigEndian(icmp[6..]) == sequence) return true;
        }

        return false;
    }

    private static void Write(byte[] request, ushort identifier, ushort sequence)
    {
        Array.Clear(request);
        request[0] = 8;
        BinaryPrimitives.WriteUInt16BigEndian(request.AsSpan(4), identifier);
        BinaryPrimitives.WriteUInt16BigEndian(request.AsSpan(6), sequence);
        uint sum = 0;
        for (var at = 0; at < request.Length; at += 2) sum += BinaryPrimitives.ReadUInt16BigEndian(request.AsSpan(at));
        while (sum >> 16 != 0) sum = (sum & 0xffff) + (sum >> 16);
        BinaryPrimitives.WriteUInt16BigEndian(request.AsSpan(2), (ushort)~sum);
    }
}
