using System.Net;
using Xunit;

namespace EdgeVpn.Linux.Tests;

public class RawSocketTests
{
    [Theory, InlineData("192.0.2.1", "192.0.2.2"), InlineData("2001:db8::1", "2001:db8::2")]
    public void Protocol_50_arrives_without_the_IP_header(string from, string to)
    {
        using var lab = new Laboratory();
        using var sender = lab.Near.Run(() => RawSocket.Open(new() { Local = new IPEndPoint(IPAddress.Parse(from), 0), Mark = 3 }, 50));
        using var receiver = lab.Far.Run(() => RawSocket.Open(new() { Local = new IPEndPoint(IPAddress.Parse(to), 0) }, 50));
        using var batch = new SendBatch(2, 2048);
        byte[] esp = [0, 0, 0x10, 1, 0, 0, 0, 1, .. "sealed octets, a multiple of four"u8];
        esp.CopyTo(batch.Next);
        batch.Commit(esp.Length, 0, Sockaddr.From(IPAddress.Parse(to), 4500), sender.Local, trafficClass: 0xb9); // a port does not matter here
        Assert.Equal(new SendResult(1, 0, Errno.None, false), sender.Send(batch));
        using var received = new ReceiveBatch(2, 2048);
        Assert.Equal(1, receiver.Receive(received).Count);
        Assert.Equal(esp, received[0].Octets.ToArray());
        Assert.Equal(IPAddress.Parse(from), received[0].Remote.ToIPAddress());
        Assert.Equal(IPAddress.Parse(to), received[0].Local.ToIPAddress());
        Assert.Equal(0xb9, received[0].TrafficClass);
    }
}
