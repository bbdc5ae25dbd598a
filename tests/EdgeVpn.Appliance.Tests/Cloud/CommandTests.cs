using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using EdgeVpn.Appliance.Cloud;
using EdgeVpn.Appliance.Tests.Setup;
using EdgeVpn.Appliance.Composition;
using EdgeVpn.Appliance.Storage;
using EdgeVpn.Appliance.Tests.Storage;
using EdgeVpn.Fleet.Keys;
using EdgeVpn.Model.Jose;
using EdgeVpn.Model.Twin;
using Xunit;

namespace EdgeVpn.Appliance.Tests.Cloud;

public sealed class CommandTests : IDisposable
{
    private static readonly DateTimeOffset Wall = TwinBench.Wall;
    private readonly ECDsa _key = ECDsa.Create(ECCurve.NamedCurves.nistP256);

    public void Dispose() => _key.Dispose();

    [Fact]
    public void An_order_of_the_fleet_is_taken_once()
    {
        var gate = Gate();
        var order = Sign(Order("one"));
        Assert.IsType<CommandVerdict.Take>(gate.Judge("why", order, Wall));
        Assert.Equal("was done before.", Assert.IsType<CommandVerdict.Ignore>(gate.Judge("why", order, Wall)).Problem);
        // The broker keeps it until the box has restarted.
        Assert.IsType<CommandVerdict.Ignore>(Gate(gate.Newest).Judge("why", order, Wall));
        Assert.IsType<CommandVerdict.Take>(Gate(gate.Newest).Judge("why", Sign(Order("two") with { IssuedAt = Wall + TimeSpan.FromSeconds(1) }), Wall));
    }

    [Fact]
    public void What_is_late_early_too_long_or_under_another_name_is_refused_and_its_sender_told()
    {
        foreach (var (order, name) in ((CommandDocument, string)[])[
            (Order("a") with { NotAfter = Wall - TimeSpan.FromSeconds(1) }, "why"), (Order("b") with { IssuedAt = Wall + TimeSpan.FromMinutes(20), NotAfter = Wall + TimeSpan.FromMinutes(30) }, "why"),
            (Order("c") with { NotAfter = Wall + TimeSpan.FromDays(1) }, "why"), (Order("d"), "release"), (Order("e") with { NotAfter = Wall - TimeSpan.FromHours(3) }, "why")])
            Assert.IsType<CommandVerdict.Refuse>(Gate().Judge(name, Sign(order), Wall));
    }

    [Fact]
    public void What_is_foreign_unsigned_signed_for_another_purpose_or_by_a_stranger_is_met_with_silence()
    {
        using var stranger = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var json = JsonSerializer.SerializeToUtf8Bytes(Order("a"), TwinJson.Wire.CommandDocument);
        foreach (var payload in (byte[][])[
            json, [], new byte[TwinLimits.MaxDesiredOctets + 1], SignedMessage.Sign(stranger, SignedType.Command, json), SignedMessage.Sign(_key, SignedType.Desired, json),
            SignedMessage.Sign(_key, SignedType.Command, "[1]"u8), Sign(Order("a") with { Device = "other" }), Sign(Order("a") with { Fleet = "other" }), Sign(Order("a/b"))])
            Assert.IsType<CommandVerdict.Ignore>(Gate().Judge("why", payload, Wall));
        var order = Sign(Order("a"));
        for (var i = 0; i < order.Length; i++) Assert.IsType<CommandVerdict.Ignore>(Gate().Judge("why", order.AsMemory(0, i), Wall));
    }

    [Fact]
    public async Task Answers_come_in_parts_and_an_order_is_on_disk_before_it_is_done()
    {
        var box = new TestBox();
        var handler = new TestOrders(_ =>
        {
            Assert.Equal(Wall, CommandFloor.Read(box.Read(TwinFile.Commands)!.Value.Span));
            return new CommandOutcome(true, new string('x', (2 * TwinLimits.MaxPartLength) + 1));
        });
        var desk = new CommandDesk(TwinBench.Box, () => [P256Key.Of(_key)], handler, box, new WallClock());
        var parts = System.Threading.Channels.Channel.CreateUnbounded<ResponseDocument>();
        using var stop = new CancellationTokenSource();
        var running = desk.RunAsync((_, octets) => parts.Writer.TryWrite(JsonSerializer.Deserialize(octets, TwinJson.Wire.ResponseDocument)!), box.Notice, stop.Token);
        desk.Order("why", Sign(Order("one")));
        List<ResponseDocument> got = [];
        while (got is not [.., { Last: true }]) got.Add(await parts.Reader.ReadAsync().AsTask().WaitAsync(BrokerLab.Deadline));
        Assert.Equal([0, 1, 2], got.Select(p => p.Part));
        Assert.Equal((2 * TwinLimits.MaxPartLength) + 1, string.Concat(got.Select(p => p.Text)).Length);
        desk.Order("dance", Sign(Order("two") with { Name = "dance" }));
        Assert.Contains("does not know 'dance'", (await parts.Reader.ReadAsync().AsTask().WaitAsync(BrokerLab.Deadline)).Text, StringComparison.Ordinal);
        await stop.CancelAsync();
        await running;
    }

    [Fact]
    public async Task A_long_answer_leaves_room_for_others_on_the_uplink()
    {
        var (box, time) = (new TestBox(), new ManualTime());
        var desk = new CommandDesk(TwinBench.Box, () => [P256Key.Of(_key)], new TestOrders(_ => new CommandOutcome(true, new string('x', 20 * TwinLimits.MaxPartLength))), box, time);
        var parts = 0;
        using var stop = new CancellationTokenSource();
        var running = desk.RunAsync((_, _) => Interlocked.Increment(ref parts), box.Notice, stop.Token);
        desk.Order("why", Sign(Order("long") with { IssuedAt = time.GetUtcNow(), NotAfter = time.GetUtcNow() + TimeSpan.FromMinutes(1) }));
        foreach (var expected in (int[])[8, 16])
        {
            await BrokerLab.UntilAsync(() => Volatile.Read(ref parts) == expected, $"{expected} parts of 20");
            await BrokerLab.UntilAsync(
                () =>
                {
                    time.Pass(TimeSpan.FromSeconds(1));
                    return Volatile.Read(ref parts) > expected;
                }, "after a while more come");
        }

        await BrokerLab.UntilAsync(() => Volatile.Read(ref parts) == 20, "all have come");
        await stop.CancelAsync();
        await running;
    }

    [Fact]
    public async Task Orders_without_end_are_not_all_done()
    {
        var done = 0;
        var box = new TestBox();
        var desk = new CommandDesk(TwinBench.Box, () => [P256Key.Of(_key)], new TestOrders(_ => new CommandOutcome(true, $"{++done}")), box, new WallClock());
        using var stop = new CancellationTokenSource();
        var running = desk.RunAsync((_, _) => { }, box.Notice, stop.Token);
        for (var i = 0; i < 60; i++)
        {
            desk.Order("why", Sign(Order($"n{i}")));
            await BrokerLab.UntilAsync(() => box.Notices.Count == i + 1, "it is looked at"); // the queue in front is bounded too
        }

        await stop.CancelAsync();
        await running;
        Assert.InRange(done, 20, 25);
    }

    [Fact]
    public void Keys_are_changed_only_to_a_set_that_holds_the_signers_and_certificates_only_for_the_boxs_own_key()
    {
        using var folder = new StateFolder();
        using var other = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        using var authority = CertificateAuthority.Make("lyon", DateTimeOffset.UtcNow);
        using var stranger = CertificateAuthority.Make("lyon", DateTimeOffset.UtcNow);
        var state = folder.Open();
        state.MakeKeys();
        string Certificate(CertificateAuthority by, ECDsa key)
        {
            using var issued = by.IssueBox("box", key, DateTimeOffset.UtcNow);
            return issued.ExportCertificatePem();
        }

        var trust = new TrustDocument([P256Key.Of(_key)], authority.Root.ExportCertificatePem());
        state.Join(new Enrolment(TwinBench.Box, new BrokerAddress("127.0.0.1", 8883, Tls: true), Certificate(authority, state.Keys!.Identity), trust));
        var changes = 0;
        var orders = new MembershipCommands(state, () => changes++);
        CommandOutcome Run(string name, string arguments) => orders.Run(Order("x") with { Name = name, Arguments = JsonElement.Parse(arguments) }, P256Key.Of(_key));
        string Trust(TrustDocument document) => JsonSerializer.Serialize(document, TwinJson.Wire.TrustDocument);

        Assert.False(Run(TwinCommand.Trust, Trust(trust with { FleetKeys = [P256Key.Of(other)] })).Done); // the signer would lock itself out
        Assert.False(Run(TwinCommand.Trust, Trust(trust with { FleetKeys = [] })).Done);
        Assert.False(Run(TwinCommand.Trust, Trust(trust with { Authorities = stranger.Root.ExportCertificatePem() })).Done); // and the box its broker
        Assert.False(Run(TwinCommand.Trust, "{}").Done);
        Assert.False(Run(TwinCommand.Certificate, JsonSerializer.Serialize(new Dictionary<string, string> { ["certificate"] = Certificate(authority, other) })).Done);
        Assert.False(Run(TwinCommand.Certificate, JsonSerializer.Serialize(new Dictionary<string, string> { ["certificate"] = Certificate(stranger, state.Keys.Identity) })).Done);
        Assert.False(Run(TwinCommand.Certificate, """{"certificate":"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----"}""").Done);
        Assert.Equal(0, changes);
        Assert.Equal([P256Key.Of(_key)], folder.Open().Enrolment!.Trust.FleetKeys);

        Assert.True(Run(TwinCommand.Trust, Trust(trust with { FleetKeys = [P256Key.Of(_key), P256Key.Of(other)] })).Done);
        var renewed = Certificate(authority, state.Keys.Identity);
        Assert.True(Run(TwinCommand.Certificate, JsonSerializer.Serialize(new Dictionary<string, string> { ["certificate"] = renewed })).Done);
        Assert.True(Run(TwinCommand.Release, "{}").Done);
        var kept = folder.Open().Enrolment!;
        Assert.Equal((2, renewed, true), (kept.Trust.FleetKeys.Count, kept.Certificate, kept.Released));
    }

    private static CommandDocument Order(string id) => new("lyon", "box", "why", id, Wall, Wall + TimeSpan.FromMinutes(5));

    private CommandGate Gate(DateTimeOffset floor = default) => new(TwinBench.Box, () => [P256Key.Of(_key)], floor);

    private byte[] Sign(CommandDocument order) => SignedMessage.Sign(_key, SignedType.Command, JsonSerializer.SerializeToUtf8Bytes(order, TwinJson.Wire.CommandDocument));

    private sealed class TestOrders(Func<CommandDocument, CommandOutcome> run) : ICommandHandler
    {
        public IReadOnlyList<string> Commands => ["why"];

        public ValueTask<CommandOutcome> RunAsync(CommandDocument command, P256Key signer, CancellationToken cancel) => ValueTask.FromResult(run(command));
    }

    /// <summary>The test's own date; the rest as it is.</summary>
    private sealed class WallClock : TimeProvider
    {
        public override DateTimeOffset GetUtcNow() => Wall;
    }
}
