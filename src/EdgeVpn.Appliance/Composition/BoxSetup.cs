using System.Collections.Immutable;
using EdgeVpn.Appliance.Cloud;
using EdgeVpn.Appliance.Control;
using EdgeVpn.Appliance.Local;
using EdgeVpn.Appliance.Local.Rendering;
using EdgeVpn.Appliance.Local.SetupPage;
using EdgeVpn.Appliance.Network;
using EdgeVpn.Appliance.Runtime;
using EdgeVpn.Appliance.Setup;
using EdgeVpn.Board;
using EdgeVpn.Board.Definitions;
using EdgeVpn.Linux;
using EdgeVpn.Model.Configuration;
using EdgeVpn.Model.Twin;

namespace EdgeVpn.Appliance.Composition;

/// <summary>Set-up mode on this box: what the page shows and does, and the changes made there.</summary>
internal sealed class BoxSetup : ISetupBox, IAsyncDisposable
{
    private const int RecentEventCount = 1_000;
    private readonly Box _box;
    private readonly PanelLoop _panel;
    private readonly BoxLife _life;
    private readonly BoardDefinition _board;
    private readonly TimeProvider _time;
    private readonly RecentEvents _recent;
    private readonly SetupMode _mode;
    private readonly LocalChange _change;
    private readonly FleetEntry _entry;

    public BoxSetup(Box box, PanelLoop panel, BoxLife life, BoardDefinition board, TimeProvider time)
    {
        (_box, _panel, _life, _board, _time) = (box, panel, life, board, time);
        _recent = new RecentEvents(box.Events, RecentEventCount);
        _mode = new SetupMode(ServeAsync, time, Tell);
        _change = new LocalChange(box, life.AdoptAsync, life.SeekAsync, time);
        _entry = new FleetEntry(() => life.State, life.JoinAsync, static (card, keys, say, stop) => new EnrolmentClient(card, keys, say).RunAsync(stop), time, Tell);
        panel.IsSettingUp = () => _mode.IsOpen;
    }

    /// <summary>Where the page is, while it is; for whoever opened it from a keyboard.</summary>
    public ImmutableArray<PagePlace> Places { get; private set; } = [];

    /// <summary>Why set-up mode could not be opened the last time.</summary>
    public string Refusal { get; private set; } = "";

    public Task<bool> OpenAsync() => _mode.OpenAsync();

    public Task CloseAsync(string why) => _mode.CloseAsync(why);

    /// <summary>A short press: keeps what is on trial. False: nothing is.</summary>
    public bool ConfirmByButton()
    {
        if (_change.Remaining is null) return false;
        _ = _change.ConfirmAsync();
        return true;
    }

    public bool? IsCode(string typed) => _life.Store?.Code.Value?.Matches(typed);

    public SetupView Look()
    {
        var facts = _box.Facts();
        var status = _box.Status(BoxControl.LightsOf(_panel));
        var patterns = StatusPanel.Patterns(PanelOf.Health(facts, PanelModes.None));
        return new SetupView(
            status.Device ?? "", status.Site, status.Version, (int)_mode.Remaining.TotalSeconds, (int?)_change.Remaining?.TotalSeconds,
            [.. Enum.GetValues<Light>().Select(light => new LightView(LightNames.Of(light), patterns[light].Name, PanelLegend.Describe(light, patterns[light]) ?? ""))],
            facts.Worst() is { } worst ? ReasonStatus.Of(worst.Reason, worst.Detail) : null,
            facts.Connections.Count == 0 ? [TreeOf(WhyOf.WayOut(facts)) with { Connection = null }] : [.. facts.Connections.Select(view => TreeOf(WhyOf.Connection(facts, view)))],
            status.Interfaces, status.Configuration, status.Cloud, WanChange.Show(facts.Configuration), _entry.Look(), PortsOf(facts));
    }

    public async Task<DocumentAnswer> OfferAsync(Offer offer)
    {
        var (kind, configuration, problems) = OfferedFiles.Read(offer.Files, offer.Psk, _box.Configuration);
        var answer = await TryAsync(kind, configuration, problems, offer.Apply).ConfigureAwait(false);
        return configuration is null ? answer : answer with { Findings = OfferedFiles.Findings(configuration, problems) };
    }

    public Task<DocumentAnswer> ChangeWanAsync(WanSettings settings)
    {
        var (configuration, problems) = WanChange.Of(_box.Configuration, settings);
        return TryAsync("wan", configuration, problems, apply: true);
    }

    /// <summary>Not while something is on trial: joining begins anew from what is kept, and the way to the operator may be what is being tried.</summary>
    public EnrolAnswer Enrol(ClaimOffer offer) => _change.Remaining is null ? _entry.Begin(offer) : new EnrolAnswer(false, "A change is on trial: keep it or take it back first.");

    public async Task<DoneAnswer> ConfirmAsync() => new(await _change.ConfirmAsync().ConfigureAwait(false) switch
    {
        null => "Nothing is on trial any more.",
        { IsOk: true } => "Kept: the box starts from it from now on.",
        var failed => $"It could not be kept, and was taken back: {failed.Sentence}",
    });

    public async Task<DoneAnswer> RevertAsync() =>
        new(await _change.RevertAsync("was taken back by hand").ConfigureAwait(false) ? "Taken back: the box runs as before." : "Nothing is on trial any more.");

    public byte[] Bundle()
    {
        var facts = _box.Facts();
        return SupportBundle.Make(
            _box.Status(BoxControl.LightsOf(_panel)),
            WhyOf.Answer(facts, facts.Connections, isAll: true),
            facts.Configuration, _recent.All, _life.Notices, _time.GetUtcNow());
    }

    public void Close(string why) => _ = CloseAsync(why); // not awaited: this is called by a request that the closing waits for

    public void Report(Exception fault) => Tell($"set-up page: {fault}");

    public async ValueTask DisposeAsync()
    {
        await _mode.DisposeAsync().ConfigureAwait(false);
        await _entry.DisposeAsync().ConfigureAwait(false);
        await _change.DisposeAsync().ConfigureAwait(false);
        _recent.Dispose();
    }

    private async Task<DocumentAnswer> TryAsync(string kind, BoxConfig? configuration, ImmutableArray<ProblemView> problems, bool apply)
    {
        if (configuration is null) return new DocumentAnswer(kind, false, false, problems, []);
        // Whoever knows the label's code may change the box, but not loosen what its operator restricted.
        if (_life.ButtonTarget == ResetTarget.Confirmed) configuration = configuration with { Button = configuration.Button with { Reset = ResetTarget.Confirmed } };
        var changes = ChangesTo(configuration);
        if (!apply || changes.IsEmpty) return new DocumentAnswer(kind, true, false, problems, changes);
        if (_life.CloudStatus is { State: DocumentState.Received or DocumentState.Staged or DocumentState.Applied, Newest: not null })
            return new DocumentAnswer(kind, false, false, problems.Add(new ProblemView("", true, "The operator's document is on trial at this moment. Try again in a few minutes.")), changes);
        await _change.TryAsync(ConfigurationWriter.WriteForStorage(configuration), configuration).ConfigureAwait(false);
        return new DocumentAnswer(kind, true, true, problems, changes);
    }

    private ImmutableArray<string> ChangesTo(BoxConfig configuration)
    {
        var diff = ConfigurationDiff.Between(_box.Configuration, configuration);
        return
        [
            .. diff.Connections.Where(static c => c.Kind != ChangeKind.Unchanged)
                .Select(static c => $"connection {c.Name}: {c.Kind.ToString().ToLowerInvariant()}{(c.Fields.IsEmpty ? "" : $" ({string.Join(", ", c.Fields)})")}"),
            .. diff.Box,
        ];
    }

    private async Task<IAsyncDisposable?> ServeAsync(SetupMode mode)
    {
        if (Names(_box.Machine()).IsEmpty)
        {
            Refuse("there is no LAN port to show the page on");
            return null;
        }

        try
        {
            Places = [];
            return await LanPage.OpenAsync(new SetupDesk(this, new SetupDoor(IsCode, _time)), _box.Machine, Names, Show, Close, _time).ConfigureAwait(false);
        }
        catch (Exception refused) when (refused is IOException or LinuxException)
        {
            Refuse($"the page cannot be shown: {refused.Message}");
            return null;
        }

        ImmutableArray<string> Names(NetworkFacts facts) => LanPort.Names(_box.Configuration, _board, facts, BoardPorts.IdPathOf);
    }

    private void Show(ImmutableArray<PagePlace> places)
    {
        var where = string.Join(", ", places.Select(static p => $"http://{p.Address}/ on {p.Interface}"));
        if (Places.IsEmpty) Tell($"set-up mode for {SetupMode.Span.TotalMinutes:0} minutes: {where}{(_life.Store?.Code.Value is null ? "; this box has no code yet: edgevpn setup code" : "")}");
        else Tell($"set-up mode goes on at {where}");
        Places = places;
    }

    /// <summary>Not the LAN's, where the page is; not what stands on a port.</summary>
    private ImmutableArray<string> PortsOf(BoxFacts facts)
    {
        var above = WanChange.Above(facts.Configuration);
        var pages = Places;
        return [.. facts.Interfaces.Where(i => i.Role is null or "wan" && !above.Contains(i.Name) && !pages.Any(p => p.Interface == i.Name)).Select(static i => i.Name)];
    }

    private static TreeView TreeOf(WhyReport report) => new(
        report.Connection, report.Healthy,
        [.. report.Steps.Select(static step => new StepView(WhyPage.Words(step.Name), step.Result.ToString().ToLowerInvariant(), step.Detail))],
        report.Reason, report.Check);

    private void Refuse(string why)
    {
        Refusal = why;
        Tell($"set-up mode: {why}");
    }

    private void Tell(string text) => _box.Events.Add(BoxEventKind.Hand, null, text);
}
