using System.CommandLine;
using System.Security.Cryptography;
using System.Text.Json;
using System.Text.Json.Nodes;
using EdgeVpn.Fleet.Keys;
using EdgeVpn.Fleet.Operator;
using EdgeVpn.Model.Jose;
using EdgeVpn.Model.Twin;

namespace EdgeVpn.Fleet.Commands;

/// <summary><c>edgefleet capture</c>: a box's last IKE messages, and what passes for a while, as pcapng.</summary>
internal static class CaptureCommand
{
    private const int MaxOctets = 256 * 1_024; // above what a box sends

    private const int MaxSeconds = 60;

    public static Command Make(FleetConsole console)
    {
        var device = new Argument<string>("DEVICE") { Description = "The box." };
        var output = new Argument<string>("OUT") { Description = "The capture to write, readable by its owner only.", HelpName = "OUT.pcapng" };
        var seconds = new Option<int>("--seconds") { Description = $"Also capture packets inside and outside the tunnels for so long, at most {MaxSeconds}.", HelpName = "N" };
        var filter = new Option<string?>("--filter") { Description = "The filter JSON of Azure's packet capture, or a file with it, for --seconds.", HelpName = "JSON|FILE" };
        var folder = new FleetOption();
        var command = new DetailedCommand("capture", "Fetches a box's last IKE messages, and packets of the next seconds, for Wireshark.",
            """
            The box seals the capture to a key made for this order: the broker carries it and reads nothing. About 180 KB at most, the newest
            first; keys of tunnels are never in it. The box does no other order meanwhile.
            Exit code: 0 written, 1 no answer or it could not, 2 wrong usage.

            Example: edgefleet capture branch-042 fault.pcapng --seconds 20 --folder lyon
            """)
        { device, output, seconds, filter };
        folder.AddTo(command);
        command.Validators.Add(result =>
        {
            if (result.GetValue(seconds) is < 0 or > MaxSeconds) result.AddError($"--seconds goes from 1 to {MaxSeconds}.");
        });
        command.SetAction(async (parsed, cancel) =>
        {
            var fleet = folder.Read(parsed);
            var box = BrokerOptionSet.Name("device", parsed.GetValue(device))!;
            using var key = ECDiffieHellman.Create(ECCurve.NamedCurves.nistP256);
            var arguments = Arguments(P256Key.Of(key), parsed.GetValue(seconds), parsed.GetValue(filter));
            var patience = TimeSpan.FromSeconds(parsed.GetValue(seconds) + 60);
            var answer = await OrderCommands.WithOrdersAsync(fleet, box, orders => orders.AskAsync(box, TwinCommand.Capture, arguments, patience, cancel), cancel).ConfigureAwait(false);
            if (answer is not { Done: true })
            {
                console.Fail(answer is null ? $"{box} did not answer in time." : FleetConsole.Printable(answer.Text));
                return ExitCode.Failed;
            }

            return Write(console, key, answer.Text, parsed.GetValue(output)!);
        });
        return command;
    }

    private static JsonElement Arguments(P256Key key, int seconds, string? filter)
    {
        var arguments = new JsonObject { ["key"] = new JsonObject { ["kty"] = "EC", ["crv"] = "P-256", ["x"] = key.X, ["y"] = key.Y }, ["seconds"] = seconds };
        try
        {
            if (filter is not null) arguments["filter"] = JsonNode.Parse(filter.TrimStart().StartsWith('{') ? filter : File.ReadAllText(filter));
        }
        catch (Exception e) when (e is JsonException or IOException or UnauthorizedAccessException)
        {
            throw new UsageException($"--filter: {e.Message}");
        }

        return JsonElement.Parse(arguments.ToJsonString());
    }

    private static int Write(FleetConsole console, ECDiffieHellman key, string text, string file)
    {
        try
        {
            using var json = JsonDocument.Parse(text, new JsonDocumentOptions { MaxDepth = 2 });
            var answer = json.RootElement;
            if (!SealedText.TryOpen(answer.GetProperty("sealed").GetString()!, key, out var capture, out var problem, MaxOctets))
            {
                console.Fail($"the capture {problem}");
                return ExitCode.Failed;
            }

            Files.WriteSecret(file, capture);
            console.Line($"written: {file}, {answer.GetProperty("recorded").GetInt32()} IKE messages, {answer.GetProperty("live").GetInt32()} packets"
                + (answer.TryGetProperty("bound", out var bound) ? $"; ended early by {FleetConsole.Printable(bound.GetString()!)}" : ""), Tone.Good);
            return ExitCode.Done;
        }
        catch (Exception e) when (e is JsonException or KeyNotFoundException or InvalidOperationException or FormatException)
        {
            console.Fail("the answer is no capture; is the box of another version?");
            return ExitCode.Failed;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            console.Fail(e.Message);
            return ExitCode.Failed;
        }
    }
}
