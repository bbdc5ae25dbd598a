using System.Buffers.Binary;
using System.Collections.Immutable;
using System.Text;
using EdgeVpn.Interop.Net;
using EdgeVpn.Interop.Peers;
using EdgeVpn.Interop.Processes;
using EdgeVpn.Interop.Traffic;
using EdgeVpn.Ipsec.Wire;
using EdgeVpn.Ipsec.Wire.Registry;
using Xunit;

namespace EdgeVpn.Interop.Scenarios;

/// <summary>A lab with both ends in place and captures running: what a scenario's story plays on.</summary>
public sealed class Stage(Lab lab, Scenario scenario, IVpnEnd branch, IVpnEnd cloud, Capture branchWan, Capture cloudWan)
{
    private static readonly TimeSpan Soon = TimeSpan.FromSeconds(10);

    private readonly List<(DateTime From, DateTime To)> _calm = [];

    public Lab Lab { get; } = lab;

    public Scenario Scenario { get; } = scenario;

    public IVpnEnd Branch { get; } = branch;

    public IVpnEnd Cloud { get; } = cloud;

    /// <summary>Waits until both ends show one IKE SA with one child whose SPIs mirror each other, and nothing besides.</summary>
    public async Task<(IkeSaStatus Branch, IkeSaStatus Cloud)> UpAsync(TimeSpan? within = null)
    {
        ImmutableArray<IkeSaStatus> atBranch = [], atCloud = [];
        await Until.TrueAsync("one IKE SA and one mirrored child on both ends", within ?? Soon, async () =>
        {
            atBranch = await Branch.SasAsync();
            atCloud = await Cloud.SasAsync();
            return AreOneAndMirrored(atBranch.Established(), atCloud.Established());
        }, () => $"branch {Show(atBranch)}, cloud {Show(atCloud)}");
        return (atBranch.Established()[0], atCloud.Established()[0]);
    }

    /// <summary>Waits until neither end has an IKE SA.</summary>
    public async Task DownAsync(TimeSpan? within = null)
    {
        ImmutableArray<IkeSaStatus> atBranch = [], atCloud = [];
        await Until.TrueAsync("no SA on either end", within ?? Soon, async () =>
        {
            atBranch = await Branch.SasAsync();
            atCloud = await Cloud.SasAsync();
            return atBranch.IsEmpty && atCloud.IsEmpty;
        }, () => $"branch {Show(atBranch)}, cloud {Show(atCloud)}");
    }

    /// <summary>Waits until <paramref name="end"/> took the tunnel down on both ends: no SA is left, or the next one where the other end keeps it up.</summary>
    public async Task TerminateAsync(IVpnEnd end)
    {
        var (before, _) = await UpAsync();
        await end.TerminateAsync();
        var other = end == Branch ? Cloud : Branch;
        if (!other.KeepsUp)
        {
            await DownAsync();
            return;
        }

        await Until.TrueAsync("the SAs that were deleted are gone on both ends", Soon, async () =>
            (await Branch.SasAsync()).Concat(await Cloud.SasAsync()).All(sa => sa.InitiatorSpi != before.InitiatorSpi));
    }

    /// <summary>A peer whose ESP goes nowhere; null where both ends carry traffic.</summary>
    public Libreswan? WithoutEsp => Branch as Libreswan ?? Cloud as Libreswan;

    /// <summary>Traffic both ways, or what can be shown in its stead with a peer that carries none.</summary>
    public Task WorksAsync() => WithoutEsp is null ? TrafficAsync() : SameKeysAsync(WithoutEsp);

    /// <summary>Echoes from both LANs; every one answered, and both ends counted the same packets out as the other in.</summary>
    public async Task TrafficAsync(int count = 10)
    {
        var before = await CountAsync();
        var from = DateTime.UtcNow;
        foreach (var (node, destination) in Destinations())
        {
            var ping = await Ping.RunAsync(Lab, node, destination, count);
            Assert.Equal(new PingResult(count, count, 0), ping);
        }

        // Each run is a request one way and an answer the other way.
        var packets = count * Destinations().Count();
        Counts moved = new(0, 0, 0, 0);
        await Until.TrueAsync($"{packets} packets each way, counted alike on both ends", TimeSpan.FromSeconds(3), async () =>
        {
            moved = (await CountAsync()) - before;
            return moved == new Counts(packets, packets, packets, packets);
        }, () => moved.ToString());
        _calm.Add((from, DateTime.UtcNow));
    }

    /// <summary>Both ends have the same keys for the same SPIs, and what our end seals is the echo request that was sent, to scapy with the peer's key.</summary>
    private async Task SameKeysAsync(Libreswan peer)
    {
        var ours = Branch as ApplianceEnd ?? (ApplianceEnd)Cloud;
        var (branch, cloud) = await UpAsync();
        var child = (ours == Branch ? branch : cloud).Children[0];
        var (exported, given) = (ApplianceKeyFile.Read(ours.KeyFile).Esp, peer.EspSas());
        foreach (var spi in new[] { child.SpiIn, child.SpiOut })
            Assert.Equal(Show(exported.Last(keys => keys.Spi == spi)), Show(given.Last(sa => sa.Keys.Spi == spi).Keys));

        var (node, destination) = ours == Branch ? (Node.BranchLan, LabAddresses.CloudHost) : (Node.CloudLan, LabAddresses.BranchHost);
        await Ping.RunAsync(Lab, node, destination, count: 1, patience: TimeSpan.Zero);
        var packet = await Until.SomethingAsync($"ESP with SPI {child.SpiOut:x8} leaves our end", Soon, () => Task.FromResult(branchWan.Packets().FirstOrDefault(
            packet => (packet.Protocol == CapturedPacket.Esp || packet.IsEspInUdp) && BinaryPrimitives.ReadUInt32BigEndian(packet.Payload) == child.SpiOut)));
        var sa = given.Last(sa => sa.Keys.Spi == child.SpiOut);
        Assert.Equal(Scenario.Branch.Esp.Split('-').Contains("esn"), sa.HasExtendedNumbers);
        var opened = Assert.Single(await Scapy.OpenAsync(sa.Keys, [packet.Payload.ToArray()], packet.IsEspInUdp, sa.HasExtendedNumbers ? 0u : null));
        Assert.True(opened.Octets.AsSpan().IndexOf(Encoding.ASCII.GetBytes(Ping.Mark)) > 0, opened.Error);

        static string Show(EspKeys keys) => $"{keys.Spi:x8} {keys.Encryption} {Convert.ToHexString([.. keys.EncryptionKey])} {keys.Integrity} {Convert.ToHexString([.. keys.IntegrityKey])}";
    }

    /// <summary>Each end asks once, and what both then have works.</summary>
    public async Task RekeyBothWaysAsync(Func<IVpnEnd, Task> rekey)
    {
        foreach (var end in new[] { Branch, Cloud })
        {
            await rekey(end);
            await WorksAsync();
        }
    }

    /// <summary>IKE messages in fragments (RFC 7383) came from either end.</summary>
    public void BothSentFragments()
    {
        foreach (var from in new[] { LabAddresses.BoxWan, LabAddresses.GatewayWan })
            Assert.Contains(IkeMessages(), message => message.From == from && message.Octets[16] == (byte)PayloadType.EncryptedFragment);
    }

    /// <summary>INFORMATIONAL requests of that end which sent fewer.</summary>
    public int InformationalsFromBothEnds() => new[] { LabAddresses.BoxWan, LabAddresses.GatewayWan }.Min(from => IkeMessages().Count(message =>
        message.From == from && message.Octets[18] == (byte)ExchangeType.Informational && (message.Octets[19] & (byte)IkeHeaderFlags.Response) == 0));

    private IEnumerable<(string From, byte[] Octets)> IkeMessages() => branchWan.Packets()
        .Where(static packet => packet.IsUdpOn(500) || (packet.IsUdpOn(4500) && !packet.IsEspInUdp && packet.Payload.Length > 4))
        .Select(static packet => (packet.Source.ToString(), (packet.IsUdpOn(500) ? packet.Payload : packet.Payload[4..]).ToArray()));

    /// <summary>Plays <paramref name="change"/> while numbered streams flow both ways, and asserts that not one datagram is missing.</summary>
    /// <param name="strongSwanGap">Of what a strongSwan sends some may be missing, but not for this long; null: none.</param>
    public async Task WithoutLossAsync(Func<Task> change, TimeSpan? strongSwanGap = null)
    {
        await using var up = UdpStream.ToCloud(Lab);
        await using var down = UdpStream.ToBranch(Lab);
        await Until.TrueAsync("both streams flow", Soon, () => up.Received > 20 && down.Received > 20);
        await change();
        var (up0, down0) = (up.Received, down.Received);
        await Until.TrueAsync("both streams still flow", Soon, () => up.Received > up0 + 20 && down.Received > down0 + 20);
        foreach (var (result, sender) in new[] { (await up.FinishAsync(), Branch), (await down.FinishAsync(), Cloud) })
        {
            var isWhole = result.Lost == 0 || (sender is StrongSwan && strongSwanGap is { } longest && result.LongestGap < longest);
            Assert.True(isWhole && result is { Duplicated: 0, Corrupted: 0 }, result + " missing " + string.Join(',', result.Missing));
        }
    }

    /// <summary>Asks <paramref name="end"/> for a new child and waits until only the new one is left on both ends.</summary>
    public async Task RekeyChildAsync(IVpnEnd end)
    {
        var (before, _) = await UpAsync();
        await end.RekeyChildAsync();
        IkeSaStatus? after = null;
        await Until.TrueAsync("a new child in the same IKE SA", Soon, async () =>
        {
            (after, _) = await UpAsync();
            return after.Children.All(child => child.SpiIn != before.Children[0].SpiIn);
        });
        Assert.Equal(before.InitiatorSpi, after!.InitiatorSpi);
    }

    /// <summary>Asks <paramref name="end"/> for a new IKE SA; the child moves to it unchanged.</summary>
    public async Task RekeyIkeAsync(IVpnEnd end)
    {
        var (before, _) = await UpAsync();
        await end.RekeyIkeAsync();
        IkeSaStatus? after = null;
        await Until.TrueAsync("a new IKE SA on both ends", Soon, async () =>
        {
            (after, _) = await UpAsync();
            return after.InitiatorSpi != before.InitiatorSpi;
        });
        Assert.Equal(before.Children.Select(child => child.SpiIn), after!.Children.Where(child => child.IsInstalled).Select(child => child.SpiIn));
    }

    /// <summary>Asks <paramref name="end"/> to authenticate anew and waits until only the new IKE SA, with a child of its own, is left on both ends.</summary>
    public async Task ReauthenticateAsync(IVpnEnd end)
    {
        var (before, _) = await UpAsync();
        await end.ReauthenticateAsync();
        IkeSaStatus? after = null;
        await Until.TrueAsync("another IKE SA with another child on both ends", Soon, async () =>
        {
            (after, _) = await UpAsync();
            return after.InitiatorSpi != before.InitiatorSpi;
        });
        Assert.DoesNotContain(after!.Children, child => child.IsInstalled && child.SpiIn == before.Children[0].SpiIn);
    }

    /// <summary>The box's address becomes another while numbered streams flow; the same IKE SA goes on there, and both streams.</summary>
    public async Task MoveAsync(string from, string to)
    {
        var (before, _) = await UpAsync();
        await using var up = UdpStream.ToCloud(Lab);
        await using var down = UdpStream.ToBranch(Lab);
        await Until.TrueAsync("both streams flow", Soon, () => up.Received > 20 && down.Received > 20);
        await Lab.MoveBoxAsync(from, to);
        IkeSaStatus? atBranch = null, atCloud = null;
        await Until.TrueAsync($"both ends left {from}", Soon, async () =>
        {
            (atBranch, atCloud) = await UpAsync();
            return atBranch.Local == atCloud.Remote && (atBranch.Local == to || Branch is StrongSwan && atBranch.Local != from); // that may choose IPv6
        }, () => $"branch from {atBranch?.Local}, cloud to {atCloud?.Remote}");
        Assert.Equal(before.InitiatorSpi, atBranch!.InitiatorSpi); // a strongSwan whose kernel cannot move an ESP SA rekeys that one
        var (upBefore, downBefore) = (up.Received, down.Received);
        await Until.TrueAsync("both streams flow from there", Soon, () => up.Received > upBefore + 20 && down.Received > downBefore + 20);
        foreach (var (name, stream) in new[] { ("up", up), ("down", down) })
        {
            var result = await stream.FinishAsync();
            Lab.Journal($"# moved to {to}: {name} lost {result.Lost} of {result.Sent}, longest gap {result.LongestGap.TotalMilliseconds:0} ms\n");
            Assert.True(result is { Duplicated: 0, Corrupted: 0 } && result.LongestGap < Soon, result.ToString());
        }
    }

    /// <summary>Waits until <paramref name="end"/> names the fault: by reason code if the product has one, else by the notification.</summary>
    public Task SaysAsync(IVpnEnd end, string notify, ImmutableArray<int> reasons) =>
        Until.TrueAsync($"{end.Product} ({end.Configuration.Identity}) says {notify} or {string.Join(", ", reasons)}", Soon, async () => Says(await end.FaultAsync(), notify, reasons));

    /// <summary>No child on either end, and each end names the fault that was expected.</summary>
    public async Task RefusedAsync(Expectation.Refused expected)
    {
        await SaysAsync(Branch, expected.Notify, expected.InitiatorReasons);
        if (!Scenario.CloudIsOff && expected.Notify != "SILENT") await SaysAsync(Cloud, expected.Notify, expected.ResponderReasons);
        Assert.Empty((await Branch.SasAsync()).Children());
        if (!Scenario.CloudIsOff) Assert.Empty((await Cloud.SasAsync()).Children());
        foreach (var (node, destination) in Destinations())
            if (Guards(End(node)))
                Assert.False(await Ping.AnswersAsync(Lab, node, destination), $"{node} reaches {destination} without a tunnel");
    }

    /// <summary>
    /// Nothing protected was on a WAN link in clear: during the whole story for an end that promises it, else while the tunnel was
    /// up and carrying traffic (a strongSwan without policies of its own lets packets out before and after).
    /// </summary>
    public async Task NothingInClearAsync()
    {
        foreach (var (end, capture) in new[] { (Branch, branchWan), (Cloud, cloudWan) })
        {
            var clear = ClearText.Find(await capture.StopAsync());
            Assert.Empty(Guards(end) ? clear : [.. clear.Where(packet => _calm.Any(time => packet.At >= time.From && packet.At <= time.To))]);
        }
    }

    /// <summary>ESP went in UDP if an end always does that or a NAT was found, else as protocol 50.</summary>
    public void EncapsulatedAsItShould()
    {
        var packets = branchWan.Packets();
        var udp = Branch.AlwaysUdp || Cloud.AlwaysUdp || Lab.Internet.Nat;
        Assert.Equal(udp, packets.Any(packet => packet.IsEspInUdp));
        Assert.Equal(!udp, packets.Any(packet => packet.Protocol == CapturedPacket.Esp));
    }

    private IEnumerable<(Node Node, string Destination)> Destinations()
    {
        if (Scenario.Branch.RequestsAddress)
        {
            // The branch is one address to the cloud. A strongSwan gives it to itself alone, ours to everything behind it.
            yield return (Node.Box, LabAddresses.CloudHost);
            if (Guards(Branch)) yield return (Node.BranchLan, LabAddresses.CloudHost);
            yield break;
        }

        yield return (Node.BranchLan, LabAddresses.CloudHost);
        yield return (Node.CloudLan, LabAddresses.BranchHost);
        if (!Scenario.Branch.LocalSelectors.Contains(LabAddresses.BranchNetwork6)) yield break;
        yield return (Node.BranchLan, LabAddresses.CloudHost6);
        yield return (Node.CloudLan, LabAddresses.BranchHost6);
    }

    // An end that never ran in this story has put no guard up.
    private bool Guards(IVpnEnd end) => end.GuardsClearText && !(Scenario.CloudIsOff && end == Cloud);

    private IVpnEnd End(Node node) => node is Node.BranchLan or Node.Box ? Branch : Cloud;

    private async Task<Counts> CountAsync()
    {
        var (branch, cloud) = await UpAsync();
        var (b, c) = (branch.Children.Single(child => child.IsInstalled), cloud.Children.Single(child => child.IsInstalled));
        return new Counts(b.PacketsOut, b.PacketsIn, c.PacketsOut, c.PacketsIn);
    }

    private static bool Says(TunnelFault? fault, string notify, ImmutableArray<int> reasons) =>
        fault is not null && (fault.Reason is { } reason ? reasons.Contains(reason) : fault.Notify == notify);

    private static bool AreOneAndMirrored(ImmutableArray<IkeSaStatus> branch, ImmutableArray<IkeSaStatus> cloud) =>
        branch is [var a] && cloud is [var b]
        && (a.InitiatorSpi, a.ResponderSpi) == (b.InitiatorSpi, b.ResponderSpi)
        && branch.Children() is [var x] && cloud.Children() is [var y]
        && (x.SpiIn, x.SpiOut) == (y.SpiOut, y.SpiIn);

    private static string Show(ImmutableArray<IkeSaStatus> sas) =>
        $"[{string.Join("; ", sas.Select(sa => $"{sa.State} {sa.InitiatorSpi}: {string.Join(", ", sa.Children.Select(child => $"{child.State} {child.SpiIn:x8}/{child.SpiOut:x8}"))}"))}]";

    private readonly record struct Counts(long BranchOut, long BranchIn, long CloudOut, long CloudIn)
    {
        public static Counts operator -(Counts a, Counts b) =>
            new(a.BranchOut - b.BranchOut, a.BranchIn - b.BranchIn, a.CloudOut - b.CloudOut, a.CloudIn - b.CloudIn);
    }
}
