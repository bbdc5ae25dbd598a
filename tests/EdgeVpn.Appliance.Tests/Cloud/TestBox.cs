using System.Collections.Concurrent;
using System.Security.Cryptography;
using System.Text;
using EdgeVpn.Appliance.Cloud;
using EdgeVpn.Ipsec;
using EdgeVpn.Model.Twin;

namespace EdgeVpn.Appliance.Tests.Cloud;

/// <summary>A box without a data plane: it does what the test says with each document.</summary>
internal sealed class TestBox : ICloudHandler, ITwinStore
{
    private readonly ConcurrentDictionary<TwinFile, byte[]> _files = new();
    private DesiredDocument? _staged;

    public DocumentReference? InForce { get; set; }

    public ConcurrentQueue<string> Calls { get; } = new();

    public ConcurrentQueue<CloudNotice> Notices { get; } = new();

    public Func<DesiredDocument, StageOutcome> OnStage { get; set; } = _ => new StageOutcome.Staged();

    public Func<DesiredDocument, ApplyOutcome> OnApply { get; set; } = _ => new ApplyOutcome.Applied(KeepsBroker: true);

    public Func<CancellationToken, Task<ProbeOutcome>> OnProbe { get; set; } = _ => Task.FromResult<ProbeOutcome>(new ProbeOutcome.Reached());

    public Action<DesiredDocument> OnRevert { get; set; } = _ => { };

    public ValueTask<StageOutcome> StageAsync(DesiredDocument document, CancellationToken cancel)
    {
        _staged = document;
        Calls.Enqueue($"stage {document.Version} {Encoding.UTF8.GetString(document.Body.Span)}");
        return ValueTask.FromResult(OnStage(document));
    }

    public ValueTask<ApplyOutcome> ApplyAsync(DocumentVersion version, CancellationToken cancel)
    {
        Calls.Enqueue($"apply {version}");
        return ValueTask.FromResult(OnApply(_staged!));
    }

    public async ValueTask<ProbeOutcome> ProbeAsync(DocumentVersion version, CancellationToken cancel)
    {
        Calls.Enqueue($"probe {version}");
        return await OnProbe(cancel);
    }

    public ValueTask CommitAsync(DocumentReference document, CancellationToken cancel)
    {
        Calls.Enqueue($"commit {document.Version}");
        InForce = document;
        return ValueTask.CompletedTask;
    }

    public ValueTask RevertAsync(DocumentVersion version, ReportedReason reason, CancellationToken cancel)
    {
        Calls.Enqueue($"revert {version} {reason.Code}");
        OnRevert(_staged!);
        return ValueTask.CompletedTask;
    }

    public void Notice(CloudNotice notice) => Notices.Enqueue(notice);

    public ReadOnlyMemory<byte>? Read(TwinFile file) => _files.TryGetValue(file, out var octets) ? octets : null;

    public void Write(TwinFile file, ReadOnlySpan<byte> octets) => _files[file] = octets.ToArray();
}

/// <summary>A <see cref="TwinLoop"/> that runs until it is disposed.</summary>
internal sealed class RunningBox : IAsyncDisposable
{
    private readonly CancellationTokenSource _stop = new();
    private readonly Task _running;

    public RunningBox(BrokerAddress broker, TestBox? box = null, Func<CloudOptions, CloudOptions>? change = null, IDesiredVerifier? verifier = null, Func<RunningBox, CommandDesk>? commands = null)
    {
        Box = box ?? new TestBox();
        Options = new CloudOptions
        {
            Identity = TwinBench.Box,
            Broker = broker,
            RetryFirst = TimeSpan.FromMilliseconds(20),
            RetryMost = TimeSpan.FromMilliseconds(200),
            Twin = new TwinSettings { CommitConfirm = TimeSpan.FromSeconds(30), ReportInterval = TimeSpan.FromMilliseconds(50) },
        };
        Options = change?.Invoke(Options) ?? Options;
        Loop = new TwinLoop(Options, Box, Box, new KernelEntropy(), TimeProvider.System, verifier: verifier, commands: commands?.Invoke(this));
        _running = Loop.RunAsync(_stop.Token);
    }

    public TestBox Box { get; }

    public CloudOptions Options { get; }

    public TwinLoop Loop { get; }

    public Task Running => _running;

    public async Task StopAsync()
    {
        await _stop.CancelAsync();
        await _running.WaitAsync(BrokerLab.Deadline);
    }

    public async ValueTask DisposeAsync()
    {
        await StopAsync();
        _stop.Dispose();
    }
}

internal sealed class KernelEntropy : IEntropy
{
    public void Fill(Span<byte> destination) => RandomNumberGenerator.Fill(destination);
}
