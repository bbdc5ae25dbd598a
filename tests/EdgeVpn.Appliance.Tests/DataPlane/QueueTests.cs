using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;
using EdgeVpn.Appliance.Runtime.DataPlane;
using Xunit;

namespace EdgeVpn.Appliance.Tests.DataPlane;

/// <summary>More than one queue, and so more than one thread, for one interface.</summary>
public class QueueTests(ITestOutputHelper output)
{
    private const int Flows = 8, Packets = 2_000;

    [Fact]
    public void Two_queues_keep_the_order_of_every_flow()
    {
        using var lab = new TunnelLab(new DataPlaneOptions { TunQueues = 2 });
        lab.Connect(TunnelLab.Gcm);
        using var receiver = lab.Far.Space.Run(() => new Socket(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp));
        receiver.ReceiveBufferSize = 8 << 20;
        receiver.ReceiveTimeout = 1_000;
        receiver.Bind(new IPEndPoint(IPAddress.Parse("10.2.0.1"), 7_000));
        var flows = Enumerable.Range(0, Flows).Select(_ => Open(lab)).ToArray();
        var sending = new Thread(() => Send(flows));
        sending.Start();

        var last = new int[Flows];
        var (received, late) = (0, 0);
        var datagram = new byte[64];
        try
        {
            while (received < Flows * Packets)
            {
                var length = receiver.Receive(datagram);
                Assert.Equal(8, length);
                var (flow, number) = (BinaryPrimitives.ReadInt32BigEndian(datagram), BinaryPrimitives.ReadInt32BigEndian(datagram.AsSpan(4)));
                if (number <= last[flow]) late++;
                last[flow] = number;
                received++;
            }
        }
        catch (SocketException over) when (over.SocketErrorCode is SocketError.TimedOut or SocketError.WouldBlock)
        {
            // What was lost on the way says nothing of the order.
        }

        sending.Join();
        foreach (var flow in flows) flow.Dispose();
        output.WriteLine($"{received} of {Flows * Packets} received, {late} late");
        Assert.InRange(received, Flows * Packets / 2, Flows * Packets);
        Assert.Equal(0, late);
    }

    private static Socket Open(TunnelLab lab)
    {
        var socket = lab.Near.Space.Run(() => new Socket(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp));
        socket.Bind(new IPEndPoint(IPAddress.Parse("10.1.0.1"), 0));
        socket.Connect(new IPEndPoint(IPAddress.Parse("10.2.0.1"), 7_000));
        return socket;
    }

    private static void Send(Socket[] flows)
    {
        var datagram = new byte[8];
        for (var number = 1; number <= Packets; number++)
        {
            for (var flow = 0; flow < flows.Length; flow++)
            {
                BinaryPrimitives.WriteInt32BigEndian(datagram, flow);
                BinaryPrimitives.WriteInt32BigEndian(datagram.AsSpan(4), number);
                flows[flow].Send(datagram);
            }

            if (number % 50 == 0) Thread.Sleep(1); // eight flows at full speed would only fill the queues
        }
    }
}
