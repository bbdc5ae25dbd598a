using System.Globalization;
using System.Text;
using System.Text.Json;
using EdgeVpn.Appliance.Cloud;
using EdgeVpn.Appliance.Control;
using EdgeVpn.Appliance.Local;
using EdgeVpn.Appliance.Runtime;
using EdgeVpn.Appliance.Storage;
using EdgeVpn.Model.Jose;
using EdgeVpn.Model.Twin;

namespace EdgeVpn.Appliance.Composition;

/// <summary>What orders act through: the lights, and all that the control socket can do.</summary>
internal sealed record Hands(PanelLoop Panel, IControlHandler Control);

/// <summary>The operator's orders on this box: the control socket's commands, the lights, the log, and what concerns its membership.</summary>
internal sealed partial class BoxCommands : ICommandHandler, IDisposable
{
    private const int MaxLines = 400;
    private static readonly TimeSpan IdentifyFor = TimeSpan.FromMinutes(1);
    private static readonly TimeSpan LongestIdentify = TimeSpan.FromMinutes(15);
    private readonly Box _box;
    private readonly Hands _hands;
    private readonly MembershipCommands _membership;
    private readonly RecentEvents _log;

    /// <param name="box">Whose connections.</param>
    /// <param name="hands">Lights and control.</param>
    /// <param name="state">Where the membership is kept.</param>
    /// <param name="changed">Certificate or authorities are others now.</param>
    public BoxCommands(Box box, Hands hands, StateDirectory state, Action changed)
    {
        (_box, _hands, _membership) = (box, hands, new MembershipCommands(state, changed));
        _log = new RecentEvents(box.Events, MaxLines, static happened => happened.Kind is not (BoxEventKind.IkeMessage or BoxEventKind.Light));
    }

    public static IReadOnlyList<string> Known { get; } =
    [
        TwinCommand.Reconnect, TwinCommand.Rekey, TwinCommand.Why, TwinCommand.Status, TwinCommand.Identify, TwinCommand.Log,
        TwinCommand.Capture, TwinCommand.SpeedTest, TwinCommand.Reboot, .. MembershipCommands.Known,
    ];

    public IReadOnlyList<string> Commands => Known;

    public async ValueTask<CommandOutcome> RunAsync(CommandDocument command, P256Key signer, CancellationToken cancel)
    {
        switch (command.Name)
        {
            case TwinCommand.Reconnect:
                await _box.Loop.InvokeAsync(now =>
                {
                    _box.Connections.Reconnect(now);
                    return true;
                }).ConfigureAwait(false);
                return new CommandOutcome(true, "what is down tries again now");
            case TwinCommand.Why:
                return await AskAsync(ControlRequest.Of(ControlCommand.Why, (ControlArgument.Connection, Text(command, "connection"))), cancel).ConfigureAwait(false);
            case TwinCommand.Status:
                return await AskAsync(ControlRequest.Of(ControlCommand.Status), cancel).ConfigureAwait(false);
            case TwinCommand.Rekey:
                return await AskAsync(
                    ControlRequest.Of(ControlCommand.Rekey, (ControlArgument.Connection, Text(command, "connection")), (ControlArgument.What, Text(command, "what"))), cancel).ConfigureAwait(false);
            case TwinCommand.Identify:
                var span = Number(command, "seconds") is { } seconds and > 0 ? TimeSpan.FromSeconds(Math.Min(seconds, LongestIdentify.TotalSeconds)) : IdentifyFor;
                _hands.Panel.Identify(span);
                return new CommandOutcome(true, $"the lights alternate for {span.TotalSeconds:0} s");
            case TwinCommand.Log:
                return new CommandOutcome(true, Log((int)Math.Clamp(Number(command, "lines") ?? 100, 1, MaxLines)));
            case TwinCommand.Capture:
                return await CaptureAsync(command, cancel).ConfigureAwait(false);
            case TwinCommand.SpeedTest:
                return await SpeedTestAsync(command, cancel).ConfigureAwait(false);
            case TwinCommand.Reboot:
                return Reboot();
            default:
                return _membership.Run(command, signer);
        }
    }

    public void Dispose() => _log.Dispose();

    internal static string? Text(CommandDocument command, string name) =>
        command.Arguments is { ValueKind: JsonValueKind.Object } arguments && arguments.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String ? value.GetString() : null;

    private static double? Number(CommandDocument command, string name) =>
        command.Arguments is { ValueKind: JsonValueKind.Object } arguments && arguments.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.Number
            && value.TryGetDouble(out var number) && double.IsFinite(number) ? number : null;

    private async ValueTask<CommandOutcome> AskAsync(ControlRequest request, CancellationToken cancel)
    {
        var answer = await _hands.Control.HandleAsync(request, cancel).ConfigureAwait(false);
        if (answer.Error is not { } error) return new CommandOutcome(true, answer.Result!.Value.GetRawText());
        return new CommandOutcome(false, error.Message, error.Reason is { } reason ? new ReportedReason(reason.Digits, reason.Code, reason.Detail) : null);
    }

    private string Log(int lines)
    {
        var text = new StringBuilder();
        foreach (var happened in _log.All.TakeLast(lines))
            text.AppendLine(CultureInfo.InvariantCulture, $"{happened.Time:u} {happened.Kind} {(happened.Connection is null ? "" : happened.Connection + ": ")}{happened.Text}");
        return text.ToString();
    }
}
