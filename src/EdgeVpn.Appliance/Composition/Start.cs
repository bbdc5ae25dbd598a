using System.Collections.Immutable;
using EdgeVpn.Appliance.Cloud;
using EdgeVpn.Appliance.Local;
using EdgeVpn.Appliance.Local.Commands;
using EdgeVpn.Appliance.Setup;
using EdgeVpn.Appliance.Storage;
using EdgeVpn.Model.Configuration;
using EdgeVpn.Model.Twin;
using EdgeVpn.Model.Validation;

namespace EdgeVpn.Appliance.Composition;

/// <summary>What a daemon starts from: the file it was given, the last confirmed document, or nothing but a broker's address.</summary>
internal sealed record Start
{
    public BoxConfig Configuration { get; init; } = new();

    public ConfigurationInForce InForce { get; init; } = new();

    public CloudStart? Cloud { get; init; }

    /// <summary>What survives a restart; null for a gateway told in a few words, which keeps nothing.</summary>
    public StateDirectory? State { get; init; }

    /// <summary>The fleet the box was enrolled into; null if it was not.</summary>
    public Membership? Membership { get; init; }

    /// <summary>Hash of the file or document that a change on the spot is laid over; null: there is neither.</summary>
    public string? Beneath { get; init; }

    /// <summary>Why it cannot start; one line each.</summary>
    public ImmutableArray<string> Problems { get; init; } = [];

    /// <summary>What a person should know although it can.</summary>
    public ImmutableArray<string> Notices { get; init; } = [];

    public static Start From(DaemonOptions options, BootstrapOptions? bootstrap)
    {
        var state = StateDirectory.Open(options.StateFolder);
        if (bootstrap is not null) state.Enrol(new DeviceIdentity(bootstrap.Identity, bootstrap.Broker, bootstrap.Insecure));
        var file = options.ConfigFile ?? (File.Exists(DaemonOptions.StandardConfigFile) ? DaemonOptions.StandardConfigFile : null);
        var start = new Start { State = state, Membership = Membership.Of(state), Notices = [.. state.Notices] };
        if (bootstrap is not null && start.Membership is { } member && member.Enrolment.Identity != bootstrap.Identity)
            start = start with { Notices = [.. start.Notices, $"this box is enrolled as {member.Enrolment.Identity}; {bootstrap.Identity} is not listened to"] };
        start = (file is not null ? start.FromFile(file) : start.FromState(state)).OverlaidBy(new SetupStore(state.Folder));
        return start with { Cloud = start.CloudOf() };
    }

    /// <summary>Whether a daemon is of use all the same: nobody stands beside it who named a file, so lights, page, commands and operator are told what is wrong.</summary>
    public bool MayWait(DaemonOptions options) => options.ConfigFile is null && State is not null;

    /// <summary>What the box runs from if its trial is over: the confirmed document, or what it was started with.</summary>
    public Start Again() => State?.Confirmed is null ? this : FromState(State);

    public static Start From(QuickGateway quick)
    {
        var configuration = quick.ToConfiguration();
        var problems = ConfigurationReader.Check(configuration);
        return new Start
        {
            Configuration = configuration,
            InForce = new ConfigurationInForce(),
            Problems = [.. problems.Where(static p => p.Severity == ProblemSeverity.Error).Select(static p => p.ToString())],
            Notices = [.. problems.Where(static p => p.Severity == ProblemSeverity.Warning).Select(static p => p.ToString())],
        };
    }

    private Start FromFile(string file)
    {
        byte[] octets;
        try
        {
            octets = File.ReadAllBytes(file);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            return this with { Problems = [Model.FileTrouble.Sentence(file, exception, Directory.Exists(file))] };
        }

        var result = ConfigurationReader.Read(octets, DocumentBounds.File);
        var (opened, problems) = result.Configuration is null ? (null, []) : SealedSecrets.Open(result.Configuration, State?.Keys?.Sealing);
        return this with
        {
            Configuration = opened ?? new BoxConfig(),
            InForce = new ConfigurationInForce { Source = ConfigurationSource.File, Hash = DesiredDocument.Hash(octets) },
            Problems = [.. result.Errors.Select(problem => $"{file}: {problem}"), .. problems.Select(problem => $"{file}: {problem.Path} {problem.Message}")],
            Notices = [.. Notices, .. result.Warnings.Select(problem => $"{file}: {problem}")],
        };
    }

    /// <summary>A change made on the spot and confirmed there goes on, as long as what it was laid over is the same.</summary>
    private Start OverlaidBy(SetupStore store)
    {
        var beneath = this with { Beneath = InForce.Hash };
        var (change, notice) = store.Change;
        if (notice is not null) beneath = beneath with { Notices = [.. beneath.Notices, notice] };
        if (change is null) return beneath;
        if (change.Beneath != InForce.Hash)
        {
            store.ForgetChange();
            return beneath with { Notices = [.. beneath.Notices, "the change made on the spot is over: what it was laid over has changed"] };
        }

        var result = ConfigurationReader.Read(change.Body, DocumentBounds.File);
        return result.Configuration is null
            ? beneath with { Notices = [.. beneath.Notices, $"the change made on the spot cannot be read by this version: {string.Join("; ", result.Errors)}"] }
            : beneath with { Configuration = result.Configuration, InForce = new ConfigurationInForce { Source = ConfigurationSource.Local, Hash = change.Sha256 }, Problems = [] };
    }

    private Start FromState(StateDirectory state)
    {
        if (state.Confirmed is not var (reference, body)) return this with { Notices = [.. Notices, "there is no configuration yet"] };
        var result = ConfigurationReader.Read(body, DocumentBounds.Desired);
        if (result.Configuration is null)
            return this with { Problems = [$"the confirmed document {reference.Version} cannot be read by this version: {string.Join("; ", result.Errors)}"] };
        var (opened, problems) = SealedSecrets.Open(result.Configuration, state.Keys?.Sealing);
        return opened is null
            ? this with { Problems = [$"the confirmed document {reference.Version} cannot be opened: {string.Join("; ", problems.Select(static p => $"{p.Path} {p.Message}"))}"] }
            : this with { Configuration = opened, InForce = BoxTwin.InForceOf(reference) };
    }

    private CloudStart? CloudOf()
    {
        var known = Membership is { } member ? new CloudStart(member.Enrolment.Identity, member.Enrolment.Broker, !member.Enrolment.Broker.Tls, new TwinSettings()) { Membership = member }
            : State?.Device is { } device ? new CloudStart(device.Identity, device.Broker, device.Insecure, new TwinSettings()) : null;
        return CloudStart.From(Configuration, known);
    }
}

/// <summary>Where the operator is.</summary>
internal sealed record CloudStart(TwinIdentity Identity, BrokerAddress Broker, bool Insecure, TwinSettings Settings)
{
    /// <summary>How the box shows who it is, and whom it believes; null: it was never enrolled.</summary>
    public Membership? Membership { get; init; }

    /// <summary>What the configuration says, completed by what the box was told at its start; null if neither names a broker and a fleet.</summary>
    public static CloudStart? From(BoxConfig configuration, CloudStart? known)
    {
        if (configuration.Cloud is not { } cloud) return known;
        if ((cloud.Fleet ?? known?.Identity.Fleet) is not { } fleet) return known;
        return new CloudStart(
            known?.Identity ?? new TwinIdentity(fleet, configuration.Device.Name ?? Environment.MachineName),
            cloud.Broker,
            cloud.Insecure || (known?.Insecure ?? false),
            new TwinSettings { CommitConfirm = cloud.CommitConfirm })
        { Membership = known?.Membership };
    }

    /// <summary>
    /// What must be kept with a document that names no broker, so that the box finds its operator after its next start too; null: it knows the way. A box
    /// that was never enrolled may have been given its broker on the spot, by a change that ends where a document begins.
    /// </summary>
    public DeviceIdentity? ToKeepWith(BoxConfig document, DeviceIdentity? known) =>
        document.Cloud is null && Membership is null && known is null ? new DeviceIdentity(Identity, Broker, Insecure) : null;

    public CloudOptions Options()
    {
        var options = new CloudOptions { Identity = Identity, Broker = Broker, Insecure = Insecure, Twin = Settings };
        if (Membership is null) return options;
        var (certificate, authorities) = Membership.Credentials();
        return options with { Certificate = certificate, Authorities = authorities };
    }

    /// <summary>Whose documents are taken: an enrolled box's fleet's, and no others.</summary>
    public IDesiredVerifier Verifier() =>
        Membership is { } member ? new SignedVerifier(() => member.FleetKeys) : new UnsignedVerifier(Broker, Insecure);
}
