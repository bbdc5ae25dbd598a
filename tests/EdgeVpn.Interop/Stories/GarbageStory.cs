using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using EdgeVpn.Interop.Net;
using EdgeVpn.Interop.Traffic;
using Xunit;

namespace EdgeVpn.Interop.Stories;

/// <summary>As many datagrams of nonsense as this machine can send, against a box that has work to do.</summary>
[Trait("story", "garbage")]
public sealed class GarbageStory
{
    private const long AllowedGrowth = 16 << 20;
    private const int AllowedLogLines = 40;
    private static readonly TimeSpan Flood = TimeSpan.FromSeconds(8);

    [Fact]
    public async Task A_flood_of_garbage_costs_no_memory_no_log_and_no_echo()
    {
        await using var lab = await Story.BeginAsync("garbage");
        var (box, _) = await Story.StartBothAsync(lab);
        await FloodAsync(lab, TimeSpan.FromSeconds(2)); // what is made once is made now
        var (memory, lines) = (box.ResidentOctets(), Lines(box));

        var flood = FloodAsync(lab, Flood);
        var answered = 0;
        var sent = 0;
        while (!flood.IsCompleted)
        {
            var ping = await Ping.RunAsync(lab, Node.BranchLan, LabAddresses.CloudHost, count: 10, interval: TimeSpan.FromMilliseconds(50));
            (sent, answered) = (sent + ping.Sent, answered + ping.Received);
        }

        var datagrams = await flood;
        lab.Journal($"{datagrams} datagrams, {answered} of {sent} echoes, {box.ResidentOctets() - memory:+#;-#;0} octets, {Lines(box) - lines} lines\n");
        Assert.True(datagrams > 100_000, $"only {datagrams} datagrams were sent");
        Assert.InRange(box.ResidentOctets() - memory, long.MinValue, AllowedGrowth);
        Assert.InRange(Lines(box) - lines, 0, AllowedLogLines);
        // The router's queue is full of garbage too, so an echo may drown before it reaches the box.
        Assert.True(answered >= sent * 9 / 10, $"{answered} of {sent} echoes were answered");
        await Story.EchoesPassAsync(lab);
        Assert.Equal("up", await box.StateAsync(StoryDocuments.Hub));
    }

    private static int Lines(BoxProcess box) => box.Log.Count(character => character == '\n');

    private static async Task<long> FloodAsync(Lab lab, TimeSpan time)
    {
        Task<long>[] senders = [Sender(lab, 500, time), Sender(lab, 4500, time)];
        return (await Task.WhenAll(senders)).Sum();
    }

    private static Task<long> Sender(Lab lab, int port, TimeSpan time) => Task.Factory.StartNew(
        () =>
        {
            using var socket = NetnsSockets.Udp(lab, Node.Internet, IPAddress.Parse(LabAddresses.InternetBranchSide));
            socket.Connect(IPAddress.Parse(LabAddresses.BoxWan), port);
            var random = new Random(port);
            var octets = new byte[1_200];
            var start = Stopwatch.GetTimestamp();
            var sent = 0L;
            while (Stopwatch.GetElapsedTime(start) < time)
            {
                for (var i = 0; i < 64; i++) sent += TrySend(socket, Garbage(random, octets, port == 4500, i));
            }

            return sent;
        }, TaskCreationOptions.LongRunning);

    /// <summary>In turn: noise; noise behind a zero marker; and what begins as IKE_SA_INIT does.</summary>
    private static ReadOnlySpan<byte> Garbage(Random random, byte[] octets, bool hasMarker, int turn)
    {
        var length = random.Next(1, octets.Length);
        var datagram = octets.AsSpan(0, length);
        random.NextBytes(datagram);
        if (turn % 3 == 0 || length < 40) return datagram;
        var message = datagram;
        if (hasMarker)
        {
            datagram[..4].Clear();
            message = datagram[4..];
        }

        if (turn % 3 == 1) return datagram;
        message[8..16].Clear();          // no responder SPI yet
        message[16] = 33;                // SA
        message[17] = 0x20;              // version 2.0
        message[18] = 34;                // IKE_SA_INIT
        message[19] = 0x08;              // from the initiator
        message[20..24].Clear();         // message 0
        System.Buffers.Binary.BinaryPrimitives.WriteUInt32BigEndian(message[24..], (uint)message.Length);
        if (turn % 2 == 0)
        {
            // A proper chain of one payload whose length fits, so that more than the header is read.
            (message[28], message[29]) = (0, 0);
            System.Buffers.Binary.BinaryPrimitives.WriteUInt16BigEndian(message[30..], (ushort)(message.Length - 28));
        }

        return datagram;
    }

    private static int TrySend(Socket socket, ReadOnlySpan<byte> datagram)
    {
        try
        {
            socket.Send(datagram);
            return 1;
        }
        catch (SocketException)
        {
            return 0; // the queue is full, or an ICMP error came back
        }
    }
}
