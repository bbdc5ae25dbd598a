using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Text.Json;
using EdgeVpn.Appliance.Capture;
using EdgeVpn.Appliance.Orders;
using EdgeVpn.Appliance.Tests.Cloud;
using EdgeVpn.Model.Jose;
using EdgeVpn.Model.Twin;
using Xunit;

namespace EdgeVpn.Appliance.Tests.Orders;

public sealed class LengthyOrderTests
{
    private const string Cookie = "abcdefghijklmnopqrstuvwxyz234567abcd";

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Octets_go_to_and_from_an_iperf3_server(bool down)
    {
        if (!File.Exists("/usr/bin/iperf3")) Assert.Skip("iperf3 is not installed: scripts/lab-deps.");
        var port = BrokerLab.FreePort();
        using var server = Process.Start(new ProcessStartInfo("/usr/bin/iperf3", ["-s", "-1", "-J", "-B", "127.0.0.1", "-p", port.ToString(CultureInfo.InvariantCulture)]) { RedirectStandardOutput = true })!;
        var saying = server.StandardOutput.ReadToEndAsync();
        var result = await UntilListeningAsync(() => SpeedTest.RunAsync(new IPEndPoint(IPAddress.Loopback, port), down, TimeSpan.FromSeconds(1), Cookie, CancellationToken.None));
        Assert.InRange(result.Elapsed.TotalSeconds, 0.9, 10);
        Assert.InRange(result.Octets, 1_000_000, long.MaxValue);
        // iperf3 agrees, and met no error.
        var said = JsonElement.Parse(await saying.WaitAsync(TimeSpan.FromSeconds(20)));
        Assert.False(said.TryGetProperty("error", out var error), error.ToString());
        if (!down) Assert.Equal(result.Octets, said.GetProperty("end").GetProperty("sum_received").GetProperty("bytes").GetInt64());
    }

    [Fact]
    public async Task What_is_no_iperf3_server_is_said_so()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        var answering = Task.Run(async () =>
        {
            using var client = await listener.AcceptSocketAsync();
            await client.SendAsync("HTTP/1.1 400 Bad Request\r\n\r\n"u8.ToArray());
            await client.ReceiveAsync(new byte[100]);
        });
        var fault = await Assert.ThrowsAsync<IOException>(() => SpeedTest.RunAsync((IPEndPoint)listener.LocalEndpoint, down: false, TimeSpan.FromSeconds(1), Cookie, CancellationToken.None));
        Assert.Contains("no iperf3 server", fault.Message, StringComparison.Ordinal);
        await answering;
    }

    [Fact]
    public void A_capture_is_for_the_order_s_key_alone_and_fits_into_one_answer()
    {
        using var key = ECDiffieHellman.Create(ECCurve.NamedCurves.nistP256);
        using var stranger = ECDiffieHellman.Create(ECCurve.NamedCurves.nistP256);
        CapturedPacket[] recorded = [.. Enumerable.Range(0, 2_000).Select(i => Packet(i, "thought something of it"))];
        CapturedPacket[] live = [.. Enumerable.Range(2_000, 300).Select(i => Packet(i, "sealed"))];
        var text = OrderedCapture.Of(live, recorded, null, "test", P256Key.Of(key));
        Assert.InRange(text.Length, 100_000, TwinLimits.MaxParts * TwinLimits.MaxPartLength);
        var answer = JsonElement.Parse(text);
        var count = answer.GetProperty("recorded").GetInt32();
        Assert.InRange(count, 100, 1_999);
        Assert.Equal(300, answer.GetProperty("live").GetInt32());
        var sealedFile = answer.GetProperty("sealed").GetString()!;
        Assert.False(SealedText.TryOpen(sealedFile, stranger, out _, out _, OrderedCapture.MaxOctets));
        Assert.True(SealedText.TryOpen(sealedFile, key, out var file, out var problem, OrderedCapture.MaxOctets), problem);
        Assert.True(file.AsSpan().StartsWith("\n\r\r\n"u8));
        // The newest of the recorder's, and all that was live.
        Assert.True(file.AsSpan().IndexOf(BitConverter.GetBytes(Mark(1_999))) > 0);
        Assert.True(file.AsSpan().IndexOf(BitConverter.GetBytes(Mark(2_299))) > 0);
        Assert.True(file.AsSpan().IndexOf(BitConverter.GetBytes(Mark(1_999 - count))) < 0);
        Assert.DoesNotContain("thought", text, StringComparison.Ordinal);
    }

    private static int Mark(int i) => 0x5a000000 + (i * 7_919);

    private static CapturedPacket Packet(int i, string comment)
    {
        var octets = new byte[120];
        BitConverter.TryWriteBytes(octets.AsSpan(40), Mark(i));
        return new CapturedPacket(DateTimeOffset.UnixEpoch.AddSeconds(i), PacketDirection.In, octets, octets.Length, [comment]);
    }

    private static async Task<T> UntilListeningAsync<T>(Func<Task<T>> run)
    {
        for (var i = 0; ; i++)
        {
            try
            {
                return await run();
            }
            catch (SocketException) when (i < 100)
            {
                await Task.Delay(50);
            }
        }
    }
}
