using System.Collections.Immutable;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using EdgeVpn.Appliance.Cloud;
using EdgeVpn.Appliance.Crypto;
using EdgeVpn.Appliance.Storage;
using EdgeVpn.Model.Jose;
using EdgeVpn.Model.Reasons;
using EdgeVpn.Model.Twin;
using EdgeVpn.Model.Validation;

namespace EdgeVpn.FleetBench;

/// <summary>A box without a data plane: the product's own cloud side, storage and checks; its tunnels are reached at once, or never.</summary>
internal sealed class BenchBox : ICloudHandler, IDisposable
{
    private readonly StateDirectory _state;
    private readonly CloudOptions _options;
    private readonly Func<bool> _fails;
    private readonly CancellationTokenSource _stop = new();
    private DesiredDocument? _staged;
    private Task _running = Task.CompletedTask;

    /// <param name="folder">Its state, keys and enrolment inside.</param>
    /// <param name="fleet">How many there are.</param>
    /// <param name="fails">Its tunnels do not come up with what it is given now.</param>
    public BenchBox(string folder, int fleet, Func<bool> fails)
    {
        _state = StateDirectory.Open(folder);
        _fails = fails;
        var enrolment = _state.Enrolment!;
        using var bare = X509Certificate2.CreateFromPem(enrolment.Certificate);
        _options = new CloudOptions
        {
            Identity = enrolment.Identity,
            Broker = enrolment.Broker,
            Authorities = enrolment.Authorities(),
            Certificate = bare.CopyWithPrivateKey(_state.Keys!.Identity),
            // Many boxes on two cores are slower than one on its own, and the longest wait is what spreads them.
            Patience = TimeSpan.FromSeconds(60 + (fleet / 100)),
            RetryMost = TimeSpan.FromSeconds(Math.Min(120, 20 + (fleet / 100))),
            Twin = new TwinSettings { CommitConfirm = TimeSpan.FromMinutes(5), ReportInterval = TimeSpan.FromSeconds(1) },
        };
    }

    public DocumentReference? InForce => _state.Confirmed?.Reference;

    public bool IsConnected { get; private set; }

    public static long Connections;

    /// <summary>Its keys and its membership, as enrolment leaves them.</summary>
    public static P256Key Enrol(string folder, TwinIdentity identity, BrokerAddress broker, TrustDocument trust, Func<ECDsa, string> issue, out P256Key sealing)
    {
        var state = StateDirectory.Open(folder);
        state.MakeKeys();
        state.Join(new Enrolment(identity, broker, issue(state.Keys!.Identity), trust));
        sealing = P256Key.Of(state.Keys.Sealing);
        return P256Key.Of(state.Keys.Identity);
    }

    public void Start()
    {
        var loop = new TwinLoop(_options, this, _state, new KernelEntropy(), TimeProvider.System, new SignedVerifier(() => _state.Enrolment!.Trust.FleetKeys));
        loop.Report(new BoxReport(ReportedHealth.Healthy, new ReportedVersions("bench", 1), []));
        _running = loop.RunAsync(_stop.Token);
    }

    public ValueTask<StageOutcome> StageAsync(DesiredDocument document, CancellationToken cancel)
    {
        var read = ConfigurationReader.Read(document.Body, DocumentBounds.Desired);
        ImmutableArray<ReportedProblem> problems = [.. read.Errors.Select(static p => new ReportedProblem("$.body" + p.Path.ToString()[1..], p.Sentence))];
        if (read.Configuration is { } configuration) (_, problems) = SealedSecrets.Open(configuration, _state.Keys!.Sealing);
        if (!problems.IsEmpty) return ValueTask.FromResult<StageOutcome>(new StageOutcome.Refused(TwinReasons.Of(ReasonCode.DocumentRefused), problems));
        _staged = document;
        return ValueTask.FromResult<StageOutcome>(new StageOutcome.Staged());
    }

    public ValueTask<ApplyOutcome> ApplyAsync(DocumentVersion version, CancellationToken cancel) => ValueTask.FromResult<ApplyOutcome>(new ApplyOutcome.Applied(KeepsBroker: true));

    public ValueTask<ProbeOutcome> ProbeAsync(DocumentVersion version, CancellationToken cancel) =>
        ValueTask.FromResult<ProbeOutcome>(_fails() ? new ProbeOutcome.Unreached(TwinReasons.Of(ReasonCode.Reverted, "its tunnels were not reached")) : new ProbeOutcome.Reached());

    public ValueTask CommitAsync(DocumentReference document, CancellationToken cancel)
    {
        var kept = _state.Confirm(document, _staged!.Body);
        return kept.IsOk ? ValueTask.CompletedTask : throw new IOException(kept.Sentence);
    }

    public ValueTask RevertAsync(DocumentVersion version, ReportedReason reason, CancellationToken cancel) => ValueTask.CompletedTask;

    public void Notice(CloudNotice notice)
    {
        if (notice is CloudNotice.Connected) Interlocked.Increment(ref Connections);
        IsConnected = notice is CloudNotice.Connected || (notice is not CloudNotice.Disconnected && IsConnected);
    }

    public async Task StopAsync()
    {
        await _stop.CancelAsync();
        await _running;
    }

    public void Dispose()
    {
        _stop.Dispose();
        _options.Certificate?.Dispose();
    }
}
