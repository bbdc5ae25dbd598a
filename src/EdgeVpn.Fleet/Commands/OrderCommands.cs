using System.CommandLine;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using EdgeVpn.Fleet.Keys;
using EdgeVpn.Fleet.Operator;
using EdgeVpn.Model.Jose;
using EdgeVpn.Model.Twin;

namespace EdgeVpn.Fleet.Commands;

/// <summary><c>edgefleet command</c>, and what is made of orders: <c>renew</c>, <c>keys</c>, <c>revoke</c>.</summary>
internal static class OrderCommands
{
    private static readonly string[] Names =
    [
        TwinCommand.Reconnect, TwinCommand.Rekey, TwinCommand.Why, TwinCommand.Status, TwinCommand.Identify, TwinCommand.Log, TwinCommand.SpeedTest, TwinCommand.Reboot, TwinCommand.Release,
    ];

    public static Command Make(FleetConsole console)
    {
        var name = new Argument<string>("COMMAND") { Description = "reconnect, rekey, why, status, identify, log, speedtest, reboot or release." };
        name.AcceptOnlyFromAmong(Names);
        name.HelpName = "COMMAND";
        var device = new Argument<string>("DEVICE") { Description = "The box." };
        var arguments = new Argument<string[]>("NAME=VALUE") { Description = "What the command takes: connection=hub, what=ike, seconds=60, lines=200; speedtest: connection=hub host=10.20.0.10, an iperf3 server behind the tunnel.", Arity = ArgumentArity.ZeroOrMore };
        var timeout = new Option<TimeSpan>("--timeout") { Description = "How long to wait for the answer ([d.]hh:mm:ss).", HelpName = "SPAN", DefaultValueFactory = _ => TimeSpan.FromSeconds(30) };
        var json = new Option<bool>("--json") { Description = "One JSON object, for scripts." };
        var folder = new FleetOption();
        var command = new DetailedCommand("command", "Has a box do something, and prints its answer.",
            """
            The order is signed, for one box, good for two minutes and for one time. release lets a box enrol into another fleet;
            speedtest measures TCP both ways through a tunnel; reboot starts the machine again where the package's unit lets it.
            A box does one order after the other, and answers with 32 KB a second at most.
            Exit code: 0 done, 1 not done or no answer, 2 wrong usage.

            Example: edgefleet command why branch-042 connection=hub --folder lyon
            """)
        { name, device, arguments, timeout, json };
        folder.AddTo(command);
        command.SetAction(async (parsed, cancel) =>
        {
            var fleet = folder.Read(parsed);
            var box = BrokerOptionSet.Name("device", parsed.GetValue(device))!;
            var answer = await WithOrdersAsync(fleet, box, orders => orders.AskAsync(box, parsed.GetValue(name)!, Arguments(parsed.GetValue(arguments) ?? []), parsed.GetValue(timeout), cancel), cancel).ConfigureAwait(false);
            return Print(console, box, answer, parsed.GetValue(json));
        });
        return command;
    }

    public static Command Renew(FleetConsole console)
    {
        var devices = new Argument<string[]>("DEVICE") { Description = "These boxes. Default: those whose certificate ends within --within.", Arity = ArgumentArity.ZeroOrMore };
        var within = new Option<TimeSpan>("--within") { Description = "How soon is soon ([d.]hh:mm:ss).", HelpName = "SPAN", DefaultValueFactory = _ => TimeSpan.FromDays(240) };
        var folder = new FleetOption();
        var command = new DetailedCommand("renew", "Gives boxes a new certificate before the old one ends.",
            """
            Asks each box for a certificate request signed by its own key, checks that it is the key it was enrolled with, and sends the
            new certificate. The authority's key stays in this folder: run this by hand or by a timer.
            Exit code: 0 all renewed, 1 some did not answer, 2 wrong usage.

            Example: edgefleet renew --folder lyon
            """)
        { devices, within };
        folder.AddTo(command);
        command.SetAction(async (parsed, cancel) =>
        {
            var fleet = folder.Read(parsed);
            var wanted = parsed.GetValue(devices) is { Length: > 0 } named
                ? named.Select(d => fleet.Member(BrokerOptionSet.Name("device", d)!) ?? throw new UsageException($"{d} was never enrolled.")).ToArray()
                : [.. fleet.Members().Where(m => !m.IsRevoked && m.NotAfter < DateTimeOffset.UtcNow + parsed.GetValue(within))];
            var failed = 0;
            await WithOrdersAsync(fleet, null, async orders =>
            {
                foreach (var member in wanted)
                {
                    var problem = await RenewAsync(fleet, orders, member, cancel).ConfigureAwait(false);
                    if (problem is not null) failed++;
                    console.Line($"{member.Device}: {FleetConsole.Printable(problem ?? "renewed")}", problem is null ? Tone.Good : Tone.Bad);
                }

                return true;
            }, cancel).ConfigureAwait(false);
            console.Line($"{wanted.Length - failed} of {wanted.Length} renewed.", failed == 0 ? Tone.Plain : Tone.Bad);
            return failed == 0 ? ExitCode.Done : ExitCode.Failed;
        });
        return command;
    }

    public static Command Revoke(FleetConsole console)
    {
        var device = new Argument<string>("DEVICE") { Description = "The box." };
        var folder = new FleetOption();
        var command = new DetailedCommand("revoke", "Takes a box's certificate back: the broker does not let it in any more.",
            """
            Writes broker/revoked.crl, which the broker reads when it starts: restart it. SIGHUP has it read, too, but leaves a box that is connected where it is.
            The box's tunnels are its own: change secrets at their other ends. SECURITY.md tells the whole of it.
            Exit code: 0 revoked, 2 no such box.

            Example: edgefleet revoke branch-042 --folder lyon
            """)
        { device };
        folder.AddTo(command);
        command.SetAction(parsed =>
        {
            var fleet = folder.Read(parsed);
            var name = BrokerOptionSet.Name("device", parsed.GetValue(device))!;
            var member = fleet.Member(name) ?? throw new UsageException($"{name} was never enrolled.");
            if (!member.IsRevoked) fleet.Save(member with { RevokedSerials = [.. member.RevokedSerials, member.Serial] });
            fleet.WriteRevocations(DateTimeOffset.UtcNow);
            console.Line($"{name} is revoked. Next: restart the broker, which ends the box's connection, and change the secrets of its tunnels.");
            return ExitCode.Done;
        });
        return command;
    }

    public static Command Keys(FleetConsole console)
    {
        var command = new DetailedCommand("keys", "Changes the fleet's key: every box is told before the new one signs.",
            """
            rotate makes the next key and tells boxes to trust both; run it again until every box is told. finish lets the next key sign,
            and tells boxes to forget the one before; it refuses while a box trusts the old key only, for that box would be lost.

            Example: edgefleet keys rotate --folder lyon
            """)
        { KeyCommand(console, "rotate", "Makes the next key and tells every box that is online."), KeyCommand(console, "finish", "Lets the next key sign, and tells boxes to forget the one before.") };
        return command;
    }

    private static DetailedCommand KeyCommand(FleetConsole console, string name, string description)
    {
        var folder = new FleetOption();
        var force = new Option<bool>("--force") { Description = "Although boxes that do not trust the next key will take no further document: they must be enrolled anew." };
        var command = new DetailedCommand(name, description,
            $"""
            Exit code: 0 every box is told, 1 some are not, 2 wrong usage.

            Example: edgefleet keys {name} --folder lyon
            """);
        if (name == "finish") command.Options.Add(force);
        folder.AddTo(command);
        command.SetAction(async (parsed, cancel) =>
        {
            var fleet = folder.Read(parsed);
            using (var next = fleet.NextKey())
            {
                if (name == "rotate" && next is null) fleet.MakeNextKey();
                if (name == "finish" && next is not null && !parsed.GetValue(force))
                {
                    var lost = await UntoldAsync(fleet, P256Key.Of(next).Thumbprint, cancel).ConfigureAwait(false);
                    if (lost.Count > 0) throw new UsageException($"these boxes do not trust the next key yet: {string.Join(", ", lost)}. `keys rotate` tells them when they are online.");
                }
            }

            // Run once more, it tells those who were not told the first time.
            using (var next = fleet.NextKey())
                if (name == "finish" && next is not null) fleet.UseNextKey(DateTimeOffset.UtcNow);
            var trust = JsonSerializer.SerializeToElement(fleet.Trust(), TwinJson.Wire.TrustDocument);
            var untold = 0;
            await WithOrdersAsync(fleet, null, async orders =>
            {
                foreach (var member in fleet.Members().Where(static m => !m.IsRevoked))
                {
                    var answer = await orders.AskAsync(member.Device, TwinCommand.Trust, trust, TimeSpan.FromSeconds(10), cancel).ConfigureAwait(false);
                    if (answer is not { Done: true }) untold++;
                    console.Line($"{member.Device}: {FleetConsole.Printable(answer?.Text ?? "no answer")}", answer is { Done: true } ? Tone.Good : Tone.Bad);
                }

                return true;
            }, cancel).ConfigureAwait(false);
            console.Line(untold == 0 ? "every box is told." : $"{untold} box(es) are not told yet.", untold == 0 ? Tone.Good : Tone.Bad);
            return untold == 0 ? ExitCode.Done : ExitCode.Failed;
        });
        return command;
    }

    /// <summary>Boxes whose last report does not name this key.</summary>
    private static async Task<IReadOnlyList<string>> UntoldAsync(FleetFolder fleet, string thumbprint, CancellationToken cancel)
    {
        var session = await OperatorSession.ConnectAsync(fleet.Connection(), cancel).ConfigureAwait(false);
        await using (session.ConfigureAwait(false))
        {
            var picture = await FleetPicture.LoadAsync(session, fleet.Name, cancel).ConfigureAwait(false);
            return
            [
                .. fleet.Members().Where(static m => !m.IsRevoked).Select(static m => m.Device)
                    .Where(d => picture.Boxes.GetValueOrDefault(d)?.Report?.Capabilities?.FleetKeys.Contains(thumbprint) != true),
            ];
        }
    }

    /// <returns>Null if it was renewed, else why not.</returns>
    private static async Task<string?> RenewAsync(FleetFolder fleet, Orders orders, FleetMember member, CancellationToken cancel)
    {
        var patience = TimeSpan.FromSeconds(15);
        if (await orders.AskAsync(member.Device, TwinCommand.Renew, null, patience, cancel).ConfigureAwait(false) is not { } asked) return "no answer";
        if (!asked.Done) return asked.Text;
        // The broker carried it: only the key that was enrolled counts.
        if (!Ascii.IsValid(asked.Text) || SignedMessage.Verify(Encoding.ASCII.GetBytes(asked.Text), SignedType.Enrolment, [member.Identity]) is not SignedReading.Authentic authentic
            || !TwinJson.TryRead(authentic.Payload.Span, TwinJson.Wire.EnrolmentRequest, out var request) || request.Device != member.Device || request.Fleet != fleet.Name
            || Admission.IdentityOf(request.Csr)?.Equals(member.Identity) != true)
            return "its request is not signed by the key it was enrolled with";
        using var authority = fleet.Authority();
        using var key = member.Identity.ToVerifier();
        using var certificate = authority.IssueBox(member.Device, key, DateTimeOffset.UtcNow);
        var arguments = new JsonObject { ["certificate"] = certificate.ExportCertificatePem() + "\n" };
        var answer = await orders.AskAsync(member.Device, TwinCommand.Certificate, JsonElement.Parse(arguments.ToJsonString()), patience, cancel).ConfigureAwait(false);
        if (answer is not { Done: true }) return answer?.Text ?? "no answer to its new certificate";
        fleet.Save(member with { Serial = certificate.SerialNumber, NotAfter = certificate.NotAfter, Sealing = request.Sealing });
        return null;
    }

    internal static async Task<T> WithOrdersAsync<T>(FleetFolder fleet, string? device, Func<Orders, Task<T>> work, CancellationToken cancel)
    {
        var session = await OperatorSession.ConnectAsync(fleet.Connection(), cancel).ConfigureAwait(false);
        await using (session.ConfigureAwait(false))
        {
            var orders = new Orders(fleet, session, TimeProvider.System);
            await orders.OpenAsync(device, cancel).ConfigureAwait(false);
            return await work(orders).ConfigureAwait(false);
        }
    }

    private static JsonElement? Arguments(string[] pairs)
    {
        if (pairs.Length == 0) return null;
        var arguments = new JsonObject();
        foreach (var pair in pairs)
        {
            if (pair.IndexOf('=', StringComparison.Ordinal) is not (> 0 and var at)) throw new UsageException($"'{pair}' is not NAME=VALUE.");
            var value = pair[(at + 1)..];
            arguments[pair[..at]] = double.TryParse(value, System.Globalization.CultureInfo.InvariantCulture, out var number) && double.IsFinite(number) ? JsonValue.Create(number) : JsonValue.Create(value);
        }

        return JsonElement.Parse(arguments.ToJsonString());
    }

    private static int Print(FleetConsole console, string box, OrderAnswer? answer, bool json)
    {
        if (json)
        {
            console.Line(JsonLine.Of(w =>
            {
                w.WriteString("device", box);
                w.WriteString("state", answer is null ? "timeout" : answer.Done ? "done" : "failed");
                if (answer is null) return;
                w.WritePayload("answer", Encoding.UTF8.GetBytes(answer.Text));
                if (answer.Reason is { } reason) w.WriteNumber("code", reason.Code);
            }));
        }
        else if (answer is null)
        {
            console.Fail($"{box} did not answer in time.");
        }
        else
        {
            foreach (var line in answer.Text.TrimEnd().Split('\n')) console.Line(FleetConsole.Printable(line.TrimEnd('\r')), answer.Done ? Tone.Plain : Tone.Bad);
            if (answer.Reason is { } reason) console.Line(ReportText.Reason(reason), Tone.Bad);
        }

        return answer is { Done: true } ? ExitCode.Done : ExitCode.Failed;
    }
}
