using System.Diagnostics;
using EdgeVpn.Appliance.Capture;
using EdgeVpn.Appliance.Local;
using EdgeVpn.Ipsec;
using Xunit;
using Path = System.IO.Path;

namespace EdgeVpn.Appliance.Tests.Capture;

/// <summary>tshark reads what we write: packets, checksums, comments, and with the keys also what is inside.</summary>
public sealed class PcapngTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("edgevpn-capture-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    private string Write(IEnumerable<CapturedPacket> packets)
    {
        var file = Path.Combine(_folder, "out.pcapng");
        using var stream = File.Create(file);
        var writer = new PcapngWriter(stream, "edgevpn test", "edgevpn");
        foreach (var packet in packets) writer.Packet(packet.At, packet.Direction, packet.Octets, packet.Length, [.. packet.Comments]);
        Assert.Equal(stream.Length, writer.Octets);
        return file;
    }

    private async Task<List<string[]>> TsharkAsync(string file, string[] options, params string[] fields)
    {
        var start = new ProcessStartInfo("tshark") { RedirectStandardOutput = true, RedirectStandardError = true };
        start.Environment["WIRESHARK_CONFIG_DIR"] = _folder;
        foreach (var argument in (string[])["-r", file, .. options, "-T", "fields", "-E", "separator=|", "-E", "aggregator=;", .. fields.SelectMany(f => new[] { "-e", f })]) start.ArgumentList.Add(argument);
        Process? process = null;
        try
        {
            process = Process.Start(start);
        }
        catch (System.ComponentModel.Win32Exception)
        {
            Assert.Skip("tshark is not here");
        }

        using (process)
        {
            var error = process!.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken);
            var output = await process.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken);
            await process.WaitForExitAsync(TestContext.Current.CancellationToken);
            Assert.True(process.ExitCode == 0, await error);
            return [.. output.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => line.Split('|'))];
        }
    }

    [Theory]
    [InlineData(500)]
    [InlineData(4500)]
    public async Task Tshark_reads_the_recorder_with_good_checksums_and_comments(int port)
    {
        using var pair = new RecordedPair(new FlightRecorder(TimeProvider.System), (ushort)port, "aes256-sha256-ecp256", "aes256gcm16");
        pair.Recorder.Event(new BoxEvent(DateTimeOffset.UnixEpoch, 1, BoxEventKind.Probe, "hub", "10.20.0.10 answers"));
        pair.Rekey();
        pair.Recorder.Event(new BoxEvent(DateTimeOffset.UnixEpoch, 2, BoxEventKind.ChildDown, "hub", "gone"));
        var log = pair.Recorder.Snapshot();
        var rows = await TsharkAsync(
            Write(FlightCapture.Packets(log)), ["-o", "ip.check_checksum:TRUE", "-o", "udp.check_checksum:TRUE"],
            "isakmp.exchangetype", "ip.checksum.status", "udp.checksum.status", "frame.comment", "udp.dstport", "_ws.malformed");
        Assert.Equal(log.Records.Count(r => r.Octets is not null), rows.Count);
        Assert.All(rows, row => Assert.Equal(("1", "1", ""), (row[1], row[2], row[5]))); // 1: good
        Assert.Equal("34", rows[0][0]);
        Assert.Contains("--> IkeSaInit 0 { SA, KE(", rows[0][3]);
        Assert.Contains(rows, row => row[3].Contains("probe hub: 10.20.0.10 answers", StringComparison.Ordinal));
        Assert.Contains("afterwards: 00:00:00.000 child.down hub: gone", rows[^1][3]);
        Assert.All(rows, row => Assert.Equal($"{port}", row[4]));
    }

    [Theory]
    [InlineData("aes256-sha256-ecp256")]
    [InlineData("aes128-sha1-modp1024")]
    [InlineData("aes256gcm16-prfsha384-ecp384")]
    public async Task Tshark_opens_every_protected_message_with_the_lent_keys(string ike)
    {
        using var pair = new RecordedPair(new FlightRecorder(TimeProvider.System), 500, ike, "aes256gcm16");
        pair.Rekey();
        var row = Assert.Single(pair.Lend().Ike);
        await File.WriteAllTextAsync(Path.Combine(_folder, "ikev2_decryption_table"), row + "\n", TestContext.Current.CancellationToken);
        var rows = await TsharkAsync(Write(FlightCapture.Packets(pair.Recorder.Snapshot())), [], "isakmp.exchangetype", "isakmp.enc.decrypted", "isakmp.tf.type", "_ws.malformed");
        var sealedRows = rows.Where(r => r[0] != "34").ToList();
        Assert.NotEmpty(sealedRows);
        Assert.All(sealedRows, r => Assert.True(r[1].Length > 0 && r[3].Length == 0, string.Join('|', r)));
    }

    /// <summary>The rows that <c>capture --keys</c> writes for child SAs: what was sealed is read, and its ICV found good.</summary>
    [Theory]
    [InlineData("aes256gcm16", 4500)]
    [InlineData("aes128gcm16", 500)]
    [InlineData("aes256-sha256", 4500)]
    [InlineData("aes128-sha1", 500)]
    [InlineData("aes256-sha512", 500)]
    public async Task Tshark_opens_ESP_with_the_lent_keys(string esp, int port)
    {
        using var pair = new RecordedPair(new FlightRecorder(TimeProvider.System), (ushort)port, "aes256-sha256-ecp256", esp);
        pair.Lend();
        pair.Rekey(); // keys of children made while they are lent
        await File.WriteAllLinesAsync(Path.Combine(_folder, "esp_sa"), pair.Lend().Esp, TestContext.Current.CancellationToken);
        var echo = Convert.FromHexString("4500001c00010000400166c30a0a00050a14000a" + "0800f7fd00010001"); // an echo request, 10.10.0.5 to 10.20.0.10
        var rows = await TsharkAsync(
            Write([pair.Sealed(echo)]), ["-o", "esp.enable_encryption_decode:TRUE", "-o", "esp.enable_authentication_check:TRUE"],
            "esp.spi", "esp.icv_good", "ip.src", "icmp.type", "_ws.malformed");
        var row = Assert.Single(rows);
        Assert.Equal($"0x{pair.Children[^1].Outbound.Spi:x8}", row[0]);
        Assert.True(row[1] is "1" or "True", string.Join('|', row));
        Assert.Equal(("198.51.100.7;10.10.0.5", "8", ""), (row[2], row[3], row[4]));
    }

    [Fact]
    public async Task Ipv6_and_cut_datagrams_are_read()
    {
        var recorder = new FlightRecorder(TimeProvider.System);
        var path = new EdgeVpn.Ipsec.Path(IpEndpoint.Parse("[2001:db8::7]:4500"), IpEndpoint.Parse("[2001:db8::20]:4500"));
        var octets = new byte[9_000];
        octets[17] = 0x20;
        octets[18] = 34;
        recorder.Datagram(octets, path, sent: false);
        recorder.Datagram(octets.AsSpan(0, 40), path, sent: false);
        var rows = await TsharkAsync(Write(FlightCapture.Packets(recorder.Snapshot())), [], "ipv6.src", "frame.len", "frame.cap_len", "frame.comment");
        Assert.Equal(["2001:db8::20", $"{40 + 8 + 4 + 9_000}", $"{40 + 8 + 4 + 4_096}", "IkeSaInit 0 request, taken by no SA"], rows[0]);
        Assert.Equal(2, rows.Count);
    }

    [Fact]
    public void Long_comments_are_cut_between_characters()
    {
        var file = Write([new CapturedPacket(DateTimeOffset.UnixEpoch, PacketDirection.In, [0x45], 1, [new string('é', 5_000)])]);
        var octets = File.ReadAllBytes(file);
        Assert.True(octets.Length < 1_500);
        Assert.DoesNotContain("\ufffd", System.Text.Encoding.UTF8.GetString(octets.AsSpan(octets.Length - 4 - 4 - 1_024, 1_024)));
    }
}
