using System.CommandLine;
using System.CommandLine.Parsing;
using System.Globalization;
using System.Text;
using System.Text.Json;
using EdgeVpn.Appliance.Capture;
using EdgeVpn.Appliance.Local.Rendering;
using EdgeVpn.Linux;

namespace EdgeVpn.Appliance.Local.Commands;

/// <summary>What <c>capture</c> wrote.</summary>
/// <param name="File">The capture.</param>
/// <param name="Recorded">IKE messages out of the flight recorder.</param>
/// <param name="Live">Packets seen while it ran.</param>
/// <param name="Keys">The folder of key tables; null if none were asked for.</param>
/// <param name="Bound">What ended the live capture before its time; null if nothing did.</param>
/// <param name="FromDisk">The daemon does not run: the recorder's file was read.</param>
public sealed record CaptureAnswer(string File, int Recorded, int Live, string? Keys, string? Bound, bool FromDisk);

/// <summary><c>edgevpn capture</c>: the flight recorder, and what passes from now on, as pcapng.</summary>
internal static class CaptureCommand
{
    private const string IkeTable = "ikev2_decryption_table";
    private const string EspTable = "esp_sa";

    public static Command Make(CommandContext context)
    {
        var file = new Argument<string>("OUT") { HelpName = "OUT.pcapng", Description = "The capture to write, readable by its owner only." };
        var seconds = new Option<int?>("--seconds") { HelpName = "N", Description = "Also capture packets inside and outside the tunnels for so long. Needs root." };
        var keys = new Option<bool>("--keys") { Description = "Also write the keys that Wireshark needs, into a folder beside it. Who has them reads the traffic; the daemon logs it." };
        var filter = new Option<string?>("--filter") { HelpName = "JSON|FILE", Description = "The filter of Azure's packet capture, for --seconds." };
        var state = new Option<string>("--state") { HelpName = "DIR", Description = "Where the recorder's file is, if the daemon does not run.", DefaultValueFactory = _ => DaemonOptions.StandardStateFolder };
        var command = new EdgeCommand(
            "capture",
            "Write the last IKE messages, with what the engine thought of each, for Wireshark; with --seconds also what passes from now on.",
            "edgevpn capture fault.pcapng",
            "edgevpn capture now.pcapng --seconds 30 --filter '{\"Filters\":[{\"DestinationSubnets\":[\"10.20.0.10/32\"],\"Protocol\":[6]}]}'",
            "edgevpn capture now.pcapng --seconds 30 --keys")
        {
            file, seconds, keys, filter, state, context.Control, context.Json,
        };
        command.Validators.Add(result =>
        {
            var time = result.GetValue(seconds);
            if (time is { } given && (given < 1 || given > LiveCapture.MaxTime.TotalSeconds)) result.AddError($"--seconds goes from 1 to {LiveCapture.MaxTime.TotalSeconds:0}.");
            if (time is null && result.GetValue(filter) is not null) result.AddError("--filter is about --seconds.");
        });
        command.SetAction(async (parsed, cancel) =>
        {
            var rules = new CaptureFilter();
            if (parsed.GetValue(filter) is { } written && (rules = Filter(context, written, out var problem)) is null)
                return context.Fail(parsed, new ControlError("filter", problem!), ExitCode.Usage);
            var run = new Run(context, parsed, parsed.GetRequiredValue(file), parsed.GetValue(seconds), parsed.GetValue(keys), rules, parsed.GetValue(state)!);
            try
            {
                return await run.DoAsync(cancel).ConfigureAwait(false);
            }
            catch (ControlException fault)
            {
                return context.Fail(parsed, fault);
            }
            catch (LinuxException fault)
            {
                return context.Fail(parsed, new ControlError("capture", $"Packets cannot be captured: {fault.Message}"), ExitCode.Failed, "Try again with sudo.");
            }
            catch (Exception fault) when (fault is IOException or UnauthorizedAccessException)
            {
                return context.Fail(parsed, new ControlError("unwritable", fault.Message), ExitCode.Failed);
            }
        });
        return command;
    }

    private static CaptureFilter? Filter(CommandContext context, string written, out string? problem)
    {
        if (written.TrimStart().StartsWith('{')) return CaptureFilter.Read(Encoding.UTF8.GetBytes(written), out problem);
        if (DocumentFile.Read(context.Terminal, written, out var trouble) is { } octets) return CaptureFilter.Read(octets, out problem);
        problem = trouble!.Message;
        return null;
    }

    /// <summary>One run of the command.</summary>
    private sealed class Run(CommandContext context, ParseResult parsed, string file, int? seconds, bool keys, CaptureFilter filter, string state)
    {
        private bool _fromDisk;

        public async Task<int> DoAsync(CancellationToken cancel)
        {
            if (keys) await KeysAsync(cancel).ConfigureAwait(false); // from here on the daemon notes the keys of new child SAs
            var live = new LiveCapture(filter, seconds is null ? new HashSet<int>() : await TunnelsAsync(cancel).ConfigureAwait(false), context.Terminal.Clock);
            if (seconds is { } time)
                await Waiting.ForAsync(context.Terminal, "capturing", Task.Run(() => Live(live, time, cancel), CancellationToken.None)).ConfigureAwait(false);
            var log = filter.TakesIke ? await LogAsync(CancellationToken.None).ConfigureAwait(false) : FlightLog.Empty;
            if (log is null) return context.Fail(parsed, new ControlException(ControlFault.NotRunning, $"The daemon is not running, and {state} holds no recording."));

            var recorded = FlightCapture.Packets(log).ToList();
            Write([.. recorded.Concat(live.Packets).OrderBy(p => p.At)]);
            var folder = keys ? await WriteKeysAsync().ConfigureAwait(false) : null;
            var answer = new CaptureAnswer(file, recorded.Count, live.Packets.Count, folder, live.Bound, _fromDisk);
            if (context.IsJson(parsed)) context.Write(answer, LocalJson.Pages.CaptureAnswer);
            else Print(answer);
            return ExitCode.Done;
        }

        private static bool Live(LiveCapture live, int time, CancellationToken cancel)
        {
            live.Run(TimeSpan.FromSeconds(time), cancel);
            return true;
        }

        private async Task<IReadOnlySet<int>> TunnelsAsync(CancellationToken cancel)
        {
            var answer = await AskAsync(new(ControlCommand.Status), LocalJson.Lines.BoxStatus, cancel).ConfigureAwait(false);
            return answer.Connections.Select(c => c.Tunnel?.Interface).OfType<string>().Distinct().Select(LiveCapture.IndexOf).OfType<int>().ToHashSet();
        }

        /// <summary>What the daemon remembers; without a daemon, what it wrote down.</summary>
        private async Task<FlightLog?> LogAsync(CancellationToken cancel)
        {
            try
            {
                return await AskAsync(new(ControlCommand.Recorder), LocalJson.Lines.FlightLog, cancel).ConfigureAwait(false);
            }
            catch (ControlException fault) when (fault.Fault == ControlFault.NotRunning)
            {
                _fromDisk = true;
                var stored = System.IO.Path.Combine(state, FlightLog.FileName);
                return File.Exists(stored) && DocumentFile.Read(context.Terminal, stored, FlightLog.MaxFileOctets, out _) is { } octets ? FlightLog.Read(octets) : null;
            }
        }

        private Task<LentKeys> KeysAsync(CancellationToken cancel)
        {
            var time = TimeSpan.FromSeconds(seconds ?? 0) + TimeSpan.FromSeconds(30);
            return AskAsync(ControlRequest.Of(ControlCommand.Keys, (ControlArgument.Seconds, time.TotalSeconds.ToString("0", CultureInfo.InvariantCulture))), LocalJson.Lines.LentKeys, cancel);
        }

        private async Task<T> AskAsync<T>(ControlRequest request, System.Text.Json.Serialization.Metadata.JsonTypeInfo<T> type, CancellationToken cancel)
        {
            var answer = await context.Client(parsed).AskAsync(request, cancel).ConfigureAwait(false);
            if (answer.Error is { } error) throw new ControlException(error.Code == ControlErrorCode.Forbidden ? ControlFault.Forbidden : ControlFault.Lost, error.Message);
            try
            {
                return answer.Result!.Value.Deserialize(type) ?? throw new ControlException(ControlFault.Garbled, "The daemon answered nothing; is it of the same version as this command?");
            }
            catch (JsonException fault)
            {
                throw new ControlException(ControlFault.Garbled, "The daemon's answer cannot be read; is it of the same version as this command?", fault);
            }
        }

        private void Write(IReadOnlyList<CapturedPacket> packets)
        {
            using var stream = new FileStream(file, new FileStreamOptions { Mode = FileMode.Create, Access = FileAccess.Write, UnixCreateMode = AtomicFile.Private });
            using var buffered = new BufferedStream(stream);
            var writer = new PcapngWriter(buffered, $"edgevpn {VersionAnswer.Current.Version}", "edgevpn");
            foreach (var packet in packets) writer.Packet(packet.At, packet.Direction, packet.Octets, packet.Length, [.. packet.Comments]);
        }

        private async Task<string> WriteKeysAsync()
        {
            var lent = await KeysAsync(CancellationToken.None).ConfigureAwait(false);
            var folder = file + ".keys";
            Directory.CreateDirectory(folder, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
            AtomicFile.Write(System.IO.Path.Combine(folder, IkeTable), string.Concat(lent.Ike.Select(row => row + "\n")));
            AtomicFile.Write(System.IO.Path.Combine(folder, EspTable), string.Concat(lent.Esp.Select(row => row + "\n")));
            AtomicFile.Write(System.IO.Path.Combine(folder, "preferences"), "esp.enable_encryption_decode: TRUE\nesp.enable_authentication_check: TRUE\n");
            return folder;
        }

        private void Print(CaptureAnswer answer)
        {
            var page = context.Terminal.NewPage();
            page.Line(Ink.Good("written"), $": {answer.File}, {answer.Recorded} IKE messages{(seconds is null ? "" : $", {answer.Live} packets")}{(answer.FromDisk ? ", as the daemon last wrote them down" : "")}");
            if (answer.Bound is { } bound) page.Line(Ink.Warning("ended early"), $": {bound} were reached");
            if (answer.Keys is { } folder)
            {
                page.Line(Ink.Warning("keys"), $": {folder} opens this capture; delete it when you are done");
                page.Line("  WIRESHARK_CONFIG_DIR=", folder, " wireshark ", answer.File);
                page.Line(Ink.Faint("  ESP keys are of child SAs made while it ran: `edgevpn rekey --child CONNECTION` makes one."));
            }

            context.Terminal.Write(page);
        }
    }
}
